import { rowLength, rowRanges, type StoredTensor, valuesOf } from './stored-tensor.ts'

/*
 * Symmetric eight-bit weights with one scale for each row of the leading axis, the output channel: q = round(w / s) with
 * s = max |w| / n, n = 127 unless said otherwise, w ≈ s·q, off by at most s / 2 (Jacob et al. 2018, arXiv 1712.05877, section 2, with zero point 0).
 */

/** The scales of all rows, in chunks. A row of zeros has scale 1. */
export function* scalesOf(tensor: StoredTensor, steps = LARGEST_STEP): Generator<Float32Array> {
  const length = rowLength(tensor.shape)
  for (const [from, to] of rowRanges(tensor.shape)) {
    const values = valuesOf(tensor, from, to)
    yield Float32Array.from({ length: to - from }, (_, row) => scaleOf(values, row * length, length, steps))
  }
}

/** The rows as int8, in chunks. */
export function* quantised(tensor: StoredTensor, steps = LARGEST_STEP): Generator<Uint8Array> {
  const length = rowLength(tensor.shape)
  for (const [from, to] of rowRanges(tensor.shape)) {
    const values = valuesOf(tensor, from, to)
    const result = new Int8Array(values.length)
    for (let start = 0; start < values.length; start += length) {
      const scale = scaleOf(values, start, length, steps)
      // The shift makes every value positive, where cutting off the fraction rounds down.
      const [factor, shift] = [1 / scale, steps + 1]
      for (let index = start; index < start + length; index++)
        result[index] = ((values[index]! * factor + shift + 0.5) | 0) - shift
    }
    yield new Uint8Array(result.buffer)
  }
}

function scaleOf(values: Float32Array, start: number, length: number, steps: number): number {
  let largest = 0
  for (let index = start; index < start + length; index++) {
    const value = values[index]!
    if (value > largest) largest = value
    else if (-value > largest) largest = -value
  }
  return largest === 0 ? 1 : Math.fround(largest / steps)
}

const LARGEST_STEP = 127
