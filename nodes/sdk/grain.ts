import { mix } from './hash.ts'
import { LUMA } from './luma.ts'
import type { Frame } from './values.ts'

/** Of the Gaussian that smooths the noise, in pixels, and how far it reaches. */
const SIGMA = 0.7
const REACH = 2
const TAPS = 2 * REACH + 1

/** What a step to the right and one down add to the state that is hashed. */
const ACROSS = 0x9e3779b9
const DOWN = 0x7feb352d

/** Variance of a byte. */
const BYTE = (256 ** 2 - 1) / 12

/**
 * Film grain, which follows a model's setting (models/training/grain.py has the same): y + levels / 255 · √(4 l (1 − l)) · noise,
 * l the luma. The noise is a hash of the place, smoothed: the same in every run, without seams or repetition. Black and
 * white stay as they are. It stands for the faint texture that no restoration can know, and keeps 8 bits from showing steps.
 * @param frame float32 RGB, nominally 0..1
 * @param levels its standard deviation in middle grey, in 255ths of white; 0 gives the frame back
 */
export function withGrain(frame: Frame, levels: number): Frame {
  if (levels === 0) return frame
  const { width, height, data } = frame
  const result = new Float32Array(data.length)
  const strength = (2 * levels) / 255
  const [red, green, blue] = LUMA
  for (const [y, noise] of noiseRows(width, height)) {
    for (let x = 0, at = 3 * y * width; x < width; x++, at += 3) {
      const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!]
      const light = red * unit(r) + green * unit(g) + blue * unit(b)
      const grain = strength * Math.sqrt(Math.max(0, light * (1 - light))) * noise[x]!
      result[at] = r + grain
      result[at + 1] = g + grain
      result[at + 2] = b + grain
    }
  }
  return { ...frame, data: result }
}

/** Rows of noise of deviation 1, each valid until the next one. */
function* noiseRows(width: number, height: number): Generator<readonly [number, Float32Array]> {
  const rows = Array.from({ length: TAPS }, () => new Float32Array(width))
  const white = new Float32Array(width + 2 * REACH)
  const shifted = Array.from({ length: TAPS }, (_, k) => white.subarray(k, k + width))
  const noise = new Float32Array(width)
  for (let y = -REACH; y < height + REACH; y++) {
    const last = rows.shift()!
    rows.push(last)
    fillWhite(white, y)
    smooth(last, shifted)
    if (y < REACH) continue
    smooth(noise, rows)
    yield [y - REACH, noise]
  }
}

/** A Gaussian that, used along both axes, makes sums of four bytes noise of deviation 1. */
const WINDOW = gaussianOfUnitNoise()

function gaussianOfUnitNoise(): Float64Array {
  const window = Float64Array.from({ length: TAPS }, (_, i) => Math.exp(-0.5 * ((i - REACH) / SIGMA) ** 2))
  const norm = Math.sqrt(window.reduce((sum, weight) => sum + weight ** 2, 0)) * (4 * BYTE) ** 0.25
  return window.map((weight) => weight / norm)
}

/** Sums of the four bytes of hashed places, around 0. */
function fillWhite(white: Float32Array, y: number): void {
  const row = Math.imul(y, DOWN)
  for (let i = 0; i < white.length; i++) {
    const hash = mix(row + Math.imul(i - REACH, ACROSS))
    white[i] = (hash & 255) + ((hash >> 8) & 255) + ((hash >> 16) & 255) + (hash >>> 24) - 510
  }
}

/** The window over five rows, which is symmetric. */
function smooth(result: Float32Array, rows: readonly Float32Array[]): void {
  const [a, b, c, d, e] = rows as Five<Float32Array>
  const [w0, w1, w2] = WINDOW as unknown as Five<number>
  for (let x = 0; x < result.length; x++) result[x] = w0 * (a[x]! + e[x]!) + w1 * (b[x]! + d[x]!) + w2 * c[x]!
}

type Five<T> = readonly [T, T, T, T, T]

function unit(value: number): number {
  return Math.min(1, Math.max(0, value))
}
