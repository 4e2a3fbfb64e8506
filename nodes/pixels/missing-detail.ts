import type { Frame } from '../sdk/values.ts'
import { type Blocks, bendsOf, type Plane } from './bends.ts'
import { lumaRow } from './luma.ts'

/** The side of a block, in pixels; that of a picture's first one is its corner. */
const BLOCK = 8

/** How often a block is looked at: in every so manieth row. */
const STEP = 2

/** The curvature for its slope that nine in ten blocks of sharp photographs stay below. */
const SHARP = 2.2

/** What is told, in units of white: no less than half a level of 255, no more than sixteen. */
const LEAST = 0.5 / 255
const MOST = 16 / 255

/** Pixels of a side that are one where focus is looked for, and blocks that are looked at for one, on each axis. */
const COARSE = 4
const FIELD = 5

/** The curvature for its slope, there, of what is out of focus and of what is in focus. */
const FOCUS = [0.6, 1.2] as const

/** How much counts what is out of focus. */
const BLURRED = 0.2

/** A slope that is as good as none. */
const FLAT = 1e-4

/**
 * How much fine detail is missing around each place of a frame (models/training/grain.py has the same): f √((SHARP s)² − c²), s the mean over a
 * block of √(slope of the luma), squared, c that of its curvature, each the sum of both axes; of a block and its neighbours the least, so that a lone edge
 * counts for nothing; between the blocks' centres interpolated. What the camera saw out of focus misses nothing: f falls from 1 to BLURRED with c / s of
 * the picture at a quarter of the size.
 * @returns its rows from top to bottom, each valid until the next one, in units of white
 */
export function* missingDetailRows(frame: Frame): Generator<Float32Array> {
  const { columns, rows, data } = missingDetail(frame)
  const row = new Float32Array(frame.width)
  const between = new Float32Array(columns + 1)
  const lefts = Int32Array.from(row, (_, x) => before(x))
  const shares = Float32Array.from(row, (_, x) => beyond(x))
  for (let y = 0; y < frame.height; y++) {
    const above = before(y) * columns
    const below = Math.min(before(y) + 1, rows - 1) * columns
    const share = beyond(y)
    for (let i = 0; i < columns; i++) between[i] = mixed(data[above + i]!, data[below + i]!, share)
    between[columns] = between[columns - 1]!
    for (let x = 0; x < row.length; x++) {
      const left = lefts[x]!
      row[x] = mixed(between[left]!, between[left + 1]!, shares[x]!)
    }
    yield row
  }
}

function missingDetail(frame: Frame): Blocks {
  const { width, height } = frame
  const small = smaller(width, height)
  const luma: Plane = {
    width,
    height,
    read(y, row) {
      lumaRow(frame, y, row)
      small.add(y, row)
    },
  }
  const { slope, curvature } = bendsOf(luma, BLOCK, STEP)
  const focus = focusOf(small.plane)
  const missing = slope.data.map((s, i) => Math.sqrt(Math.max(0, (SHARP * s ** 2) ** 2 - curvature.data[i]! ** 4)))
  const least = leastAround({ ...slope, data: missing })
  return { ...least, data: least.data.map((m, i) => Math.max(LEAST, Math.min(MOST, m) * focus[i]!)) }
}

/** How far each block is in focus, BLURRED to 1. */
function focusOf(plane: Plane): Float32Array {
  const bends = bendsOf(plane, BLOCK / COARSE, 1)
  const [slope, curvature] = [meanAround(bends.slope), meanAround(bends.curvature)]
  const [low, high] = FOCUS
  return slope.data.map((s, i) => {
    const sharpness = curvature.data[i]! ** 2 / (s ** 2 + FLAT)
    return Math.min(1, Math.max(BLURRED, (sharpness - low) / (high - low)))
  })
}

/** A plane at a quarter of the size, by means, from the rows of the whole one. */
function smaller(width: number, height: number): { readonly plane: Plane; add(y: number, row: Float32Array): void } {
  const columns = Math.ceil(width / COARSE)
  const data = new Float32Array(columns * Math.ceil(height / COARSE))
  const plane: Plane = {
    width: columns,
    height: data.length / columns,
    read: (y, row) => row.set(data.subarray(y * columns, (y + 1) * columns)),
  }
  return {
    plane,
    add(y, row) {
      const start = Math.floor(y / COARSE) * columns
      const rows = Math.min(COARSE, height - (y - (y % COARSE)))
      for (let column = 0, x = 0; x < width; column++) {
        const end = Math.min(width, x + COARSE)
        const share = 1 / (rows * (end - x))
        let sum = 0
        for (; x < end; x++) sum += row[x]!
        data[start + column]! += share * sum
      }
    },
  }
}

/** Of each block and its neighbours the least. */
function leastAround(blocks: Blocks): Blocks {
  return alongBoth(blocks, 1, (values, from, to, stride) => {
    let least = values[from]!
    for (let i = from + stride; i <= to; i += stride) if (values[i]! < least) least = values[i]!
    return least
  })
}

/** Of each block and those around it, FIELD on each axis, the mean. */
function meanAround(blocks: Blocks): Blocks {
  return alongBoth(blocks, (FIELD - 1) / 2, (values, from, to, stride) => {
    let sum = 0
    for (let i = from; i <= to; i += stride) sum += values[i]!
    return (sum * stride) / (to - from + stride)
  })
}

type Summary = (values: Float32Array, from: number, to: number, stride: number) => number

/** What a summary makes of the blocks no more than `reach` away, along rows and then along columns. */
function alongBoth(blocks: Blocks, reach: number, of: Summary): Blocks {
  const { columns, rows, data } = blocks
  const along = new Float32Array(data.length)
  const both = new Float32Array(data.length)
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const [before, after] = [Math.min(reach, column), Math.min(reach, columns - 1 - column)]
      along[at] = of(data, at - before, at + after, 1)
    }
  for (let row = 0, at = 0; row < rows; row++) {
    const [before, after] = [Math.min(reach, row) * columns, Math.min(reach, rows - 1 - row) * columns]
    for (let column = 0; column < columns; column++, at++) both[at] = of(along, at - before, at + after, columns)
  }
  return { columns, rows, data: both }
}

/** The block whose centre is the last one before a pixel; the first, before that. */
function before(pixel: number): number {
  return Math.floor(place(pixel))
}

/** How far beyond that centre the pixel is, of the way to the next one. */
function beyond(pixel: number): number {
  return place(pixel) - before(pixel)
}

function place(pixel: number): number {
  return Math.max(0, (pixel + 0.5) / BLOCK - 0.5)
}

function mixed(a: number, b: number, share: number): number {
  return a + share * (b - a)
}
