import type { Frame } from '../sdk/values.ts'
import { bendsOf, type Plane } from './bends.ts'
import { type Blocks, leastAround, meanAround } from './blocks.ts'
import { lumaRow } from './luma.ts'

/** The side of a block, in pixels; that of a picture's first one is its corner. */
const BLOCK = 8

/** How often a block is looked at: in every so manieth row. */
const STEP = 2

/** The curvature for its slope that nine in ten blocks of sharp photographs stay below. */
const SHARP = 2.2

/** Blocks on each axis that make up the surroundings of one. */
const AROUND = 25

/** What is next to nothing when it is missing around, in units of white. */
const FAINT = 2 / 255

/** How much stronger grain gets, at most, where more is missing than around. */
const UNEVEN = 1.5

/** How strong grain is where as much is missing as around, and how strong it is at least, in units of white. */
const STRENGTH = 7.5 / 255
const LEAST = 0.7 / 255

/** Pixels of a side that are one where focus is looked for, and blocks that are looked at for one, on each axis. */
const COARSE = 4
const FIELD = 5

/** The curvature for its slope, there, of what is out of focus and of what is in focus. */
const FOCUS = [0.6, 1.2] as const

/** A slope that is as good as none. */
const FLAT = 1e-4

/**
 * How strong grain is at each place of a frame, by where fine detail is missing (models/training/grain.py has the same). Missing of a block is
 * d = √((SHARP s)² − c²), s the mean over it of √(slope of the luma), squared, c that of its curvature, each the sum of both axes; of a block and its neighbours
 * the least, so that a lone edge counts for nothing. STRENGTH · min(UNEVEN, d / (D + FAINT)) · f it is, D the mean of d around, f between 0 and 1 how far the
 * place is in focus, by c / s of the picture at a quarter of the size: what the camera saw out of focus misses nothing. Between the blocks' centres
 * it is interpolated.
 * @returns its rows from top to bottom, each valid until the next one: the grain's deviation in middle grey, in units of white
 */
export function* grainStrengthRows(frame: Frame): Generator<Float32Array> {
  const { columns, rows, data } = grainStrength(frame)
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

function grainStrength(frame: Frame): Blocks {
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
  const lacks = slope.data.map((s, i) => Math.sqrt(Math.max(0, (SHARP * s ** 2) ** 2 - curvature.data[i]! ** 4)))
  const missing = leastAround({ ...slope, data: lacks })
  const around = meanAround(missing, AROUND).data
  const strength = missing.data.map((d, i) => {
    const share = Math.min(UNEVEN, d / (around[i]! + FAINT))
    return Math.max(LEAST, STRENGTH * share * focus[i]!)
  })
  return { ...missing, data: strength }
}

/** How far each block is in focus, 0 to 1. */
function focusOf(plane: Plane): Float32Array {
  const bends = bendsOf(plane, BLOCK / COARSE, 1)
  const [slope, curvature] = [meanAround(bends.slope, FIELD), meanAround(bends.curvature, FIELD)]
  const [low, high] = FOCUS
  return slope.data.map((s, i) => {
    const sharpness = curvature.data[i]! ** 2 / (s ** 2 + FLAT)
    return Math.min(1, Math.max(0, (sharpness - low) / (high - low)))
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
