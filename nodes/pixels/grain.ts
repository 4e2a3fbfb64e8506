import type { Frame } from '../sdk/values.ts'
import { mix } from './hash.ts'
import { lumaRow } from './luma.ts'

/** Of the Gaussian that smooths the noise, in pixels, over three of them. */
const SIGMA = 0.6

/** What a step to the right and one down add to the state that is hashed. */
const ACROSS = 0x9e3779b9
const DOWN = 0x7feb352d

/** How far down the noise of each frame of a batch begins: so that in a film it moves. */
const NEXT = 2 ** 16

/** How strong grain is where it is strongest, in middle grey, in units of white. */
export const MOST = 5 / 255

/** Variance of a byte. */
const BYTE = (256 ** 2 - 1) / 12

/**
 * Film grain, which follows a model's setting (models/training/grain.py has the same): y + amount · MOST · s · √(4 l (1 − l)) · noise,
 * l the luma, s where it goes, which a gate of the model's transfer says. The noise is a hash of the place, smoothed: the same in every run,
 * without seams or repetition. Black and white stay as they are. It stands for what no restoration can know.
 * @param frame float32 RGB, nominally 0..1
 * @param where a value in 0..1 for each pixel, row by row
 * @param amount how many times as strong as that, and MOST, say
 * @param index which frame of a batch it is
 */
export function withGrain(frame: Frame, where: Float32Array, amount: number, index = 0): Frame {
  const { width, height, data } = frame
  const result = new Float32Array(data.length)
  const luma = new Float32Array(width)
  let pixel = 0
  for (const noise of noiseRows(width, height, index * NEXT)) {
    lumaRow(frame, pixel / width, luma)
    for (let x = 0; x < width; x++, pixel++) {
      const light = luma[x]!
      const grain = 2 * amount * MOST * where[pixel]! * Math.sqrt(Math.max(0, light * (1 - light))) * noise[x]!
      const at = 3 * pixel
      result[at] = data[at]! + grain
      result[at + 1] = data[at + 1]! + grain
      result[at + 2] = data[at + 2]! + grain
    }
  }
  return { ...frame, data: result }
}

/** Rows of noise of deviation 1, each valid until the next one. */
function* noiseRows(width: number, height: number, top: number): Generator<Float32Array> {
  const white = new Float32Array(width + 2)
  const noise = new Float32Array(width)
  const rows = [-1, 0, 1].map((y) => smoothRow(top + y, white, new Float32Array(width)))
  for (let y = 0; y < height; y++) {
    smooth(noise, rows[0]!, rows[1]!, rows[2]!)
    yield noise
    const oldest = rows.shift()!
    rows.push(smoothRow(top + y + 2, white, oldest))
  }
}

/** The noise of a row, smoothed along it. */
function smoothRow(y: number, white: Float32Array, result: Float32Array): Float32Array {
  const row = Math.imul(y, DOWN)
  for (let i = 0; i < white.length; i++) {
    const hash = mix(row + Math.imul(i - 1, ACROSS))
    white[i] = (hash & 255) + ((hash >> 8) & 255) + ((hash >> 16) & 255) + (hash >>> 24) - 510
  }
  smooth(result, white, white.subarray(1), white.subarray(2))
  return result
}

/** Middle and either side of a Gaussian that, used along both axes, makes sums of four bytes noise of deviation 1. */
const [MIDDLE, SIDE] = gaussianOfUnitNoise()

function gaussianOfUnitNoise(): readonly [number, number] {
  const side = Math.exp(-0.5 / SIGMA ** 2)
  const norm = Math.sqrt(1 + 2 * side ** 2) * (4 * BYTE) ** 0.25
  return [1 / norm, side / norm]
}

function smooth(result: Float32Array, before: Float32Array, here: Float32Array, after: Float32Array): void {
  for (let x = 0; x < result.length; x++) result[x] = SIDE * (before[x]! + after[x]!) + MIDDLE * here[x]!
}
