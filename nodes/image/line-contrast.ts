import { indexIn, type LinePlane } from './line-plane.ts'
import { STRIP } from './line-sums.ts'

/** How much the samples of a strip are lighter (> 0) or darker (< 0) than both of their sides, and the mean of its size by blocks. */
export interface StripContrast {
  /** STRIP lines; 0 beyond the plane. */
  readonly data: Float32Array
  /** For each STRIP samples across. */
  readonly usual: Float32Array
}

/** How far from a sample its sides are looked for: each serves lines of less than twice as many pixels. */
export function reachesFor(width: number): readonly number[] {
  const reaches = [2]
  while (2 * reaches.at(-1)! <= width) reaches.push(2 * reaches.at(-1)!)
  return reaches
}

/**
 * The contrast of a line to both sides: how far a sample lies from their mean, less how far they lie apart, so that an edge has none; at
 * that of the reaches where it is most.
 */
export function stripContrast(plane: LinePlane, strip: number, reaches: readonly number[]): StripContrast {
  const { across, along } = plane
  const data = new Float32Array(STRIP * across)
  const usual = new Float32Array(Math.ceil(across / STRIP))
  const margin = reaches.at(-1)! + 1
  const padded = new Float32Array(across + 2 * margin)
  for (let k = 0; k < Math.min(STRIP, along - strip * STRIP); k++) {
    for (let x = 0; x < padded.length; x++) padded[x] = plane.data[indexIn(plane, x - margin, strip * STRIP + k)]!
    const line = data.subarray(k * across, (k + 1) * across)
    for (const reach of reaches) keepMore(line, padded, margin, reach)
    for (let x = 0; x < across; x++) usual[Math.floor(x / STRIP)]! += Math.abs(line[x]!) / STRIP ** 2
  }
  return { data, usual }
}

function keepMore(line: Float32Array, padded: Float32Array, margin: number, reach: number): void {
  for (let x = 0, at = margin; x < line.length; x++, at++) {
    const left = 0.5 * (padded[at - reach]! + padded[at - reach - 1]!)
    const right = 0.5 * (padded[at + reach]! + padded[at + reach + 1]!)
    const beyond = padded[at]! - 0.5 * (left + right)
    const contrast = Math.abs(beyond) - Math.abs(left - right)
    if (contrast > Math.abs(line[x]!)) line[x] = beyond < 0 ? -contrast : contrast
  }
}
