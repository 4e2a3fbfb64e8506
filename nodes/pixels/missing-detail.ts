import type { Frame } from '../sdk/values.ts'
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

/** A number for each block of a frame, row by row. */
interface Blocks {
  readonly columns: number
  readonly rows: number
  readonly data: Float32Array
}

/**
 * How much fine detail is missing around each place of a frame (models/training/grain.py has the same): √((SHARP s)² − c²), s the mean over a
 * block of √(slope of the luma), squared, c that of its curvature, each the sum of both axes; of a block and its neighbours the least, so that a lone edge
 * counts for nothing; between the blocks' centres interpolated.
 * @returns its rows from top to bottom, each valid until the next one, in units of white
 */
export function* missingDetailRows(frame: Frame): Generator<Float32Array> {
  const { columns, rows, data } = leastOfNeighbours(blocksOf(frame))
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

function blocksOf(frame: Frame): Blocks {
  const { width, height } = frame
  const [columns, rows] = [Math.ceil(width / BLOCK), Math.ceil(height / BLOCK)]
  const [slopes, curvatures] = [new Float32Array(columns * rows), new Float32Array(columns * rows)]
  const [above, here, below] = [new Float32Array(width), new Float32Array(width), new Float32Array(width)]
  lumaRow(frame, 0, below)
  for (let y = 0; y < height; y += STEP) {
    above.set(below) // the row after the one that was looked at before
    if (y === 0) here.set(below)
    else lumaRow(frame, y, here)
    lumaRow(frame, Math.min(y + 1, height - 1), below)
    const start = Math.floor(y / BLOCK) * columns
    addRow(slopes.subarray(start), curvatures.subarray(start), above, here, below)
  }
  const data = slopes.map((slope, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)]
    const samples = Math.min(BLOCK, width - column * BLOCK) * Math.ceil(Math.min(BLOCK, height - row * BLOCK) / STEP)
    const missing = (SHARP * (slope / samples) ** 2) ** 2 - (curvatures[i]! / samples) ** 4
    return Math.min(MOST, Math.max(LEAST, Math.sqrt(Math.max(0, missing))))
  })
  return { columns, rows, data }
}

/** Adds the roots of slope and of curvature at each sample of a row to those of its block. */
function addRow(
  slopes: Float32Array,
  curvatures: Float32Array,
  above: Float32Array,
  here: Float32Array,
  below: Float32Array,
): void {
  let left = here[0]!
  let middle = left
  for (let x = 0, column = 0; x < here.length; column++) {
    let slope = 0
    let curvature = 0
    for (const end = Math.min(here.length, x + BLOCK); x < end; x++) {
      const [up, down, right] = [above[x]!, below[x]!, x + 1 < here.length ? here[x + 1]! : middle]
      slope += Math.sqrt((Math.abs(right - left) + Math.abs(down - up)) / 2)
      curvature += Math.sqrt(Math.abs(left + right - 2 * middle) + Math.abs(up + down - 2 * middle))
      left = middle
      middle = right
    }
    slopes[column]! += slope
    curvatures[column]! += curvature
  }
}

function leastOfNeighbours({ columns, rows, data }: Blocks): Blocks {
  const least = data.map((_, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)]
    let found = MOST
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++)
        found = Math.min(found, data[y * columns + x]!)
    return found
  })
  return { columns, rows, data: least }
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
