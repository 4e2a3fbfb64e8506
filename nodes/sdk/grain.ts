import { LUMA } from './luma.ts'
import { normalNoise } from './normal-noise.ts'
import type { Frame } from './values.ts'

/** Side of the square of noise that is repeated over a picture. */
const SIDE = 256
const SEED = 1
/** Of the Gaussian that smooths the noise, in pixels, and how far it reaches. */
const SIGMA = 1.2
const REACH = 4

/**
 * Film grain, as a model's setting was trained with it (models/training/grain.py): y + levels / 255 · √(4 l (1 − l)) · noise,
 * l the luma. The noise has its place in the picture, so that it is the same in every run and has no seams; black and white
 * stay as they are. It stands for the faint texture that no restoration can know, and keeps 8 bits from showing steps.
 * @param frame float32 RGB, nominally 0..1
 * @param levels its standard deviation in middle grey, in 255ths of white; 0 gives the frame back
 */
export function withGrain(frame: Frame, levels: number): Frame {
  if (levels === 0) return frame
  const { width, height, data } = frame
  const result = new Float32Array(data.length)
  const noise = grainField()
  const strength = (2 * levels) / 255
  const [red, green, blue] = LUMA
  for (let y = 0, at = 0; y < height; y++) {
    const row = (y % SIDE) * SIDE
    for (let x = 0; x < width; x++, at += 3) {
      const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!]
      const light = red * unit(r) + green * unit(g) + blue * unit(b)
      const grain = strength * Math.sqrt(Math.max(0, light * (1 - light))) * noise[row + (x % SIDE)]!
      result[at] = r + grain
      result[at + 1] = g + grain
      result[at + 2] = b + grain
    }
  }
  return { ...frame, data: result }
}

let field: Float32Array | undefined

/** SIDE × SIDE of deviation 1: white noise, smoothed around its own edges. */
export function grainField(): Float32Array {
  field ??= unitDeviation(smoothed(smoothed(normalNoise(SEED, SIDE * SIDE))))
  return field
}

/** Smoothed along the columns, and transposed. */
function smoothed(noise: Float32Array): Float32Array {
  const result = new Float32Array(noise.length)
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, i) => Math.exp(-0.5 * ((i - REACH) / SIGMA) ** 2))
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let sum = 0
      for (const [i, weight] of weights.entries()) sum += weight * noise[((y + i - REACH + SIDE) % SIDE) * SIDE + x]!
      result[x * SIDE + y] = sum
    }
  }
  return result
}

function unitDeviation(noise: Float32Array): Float32Array {
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length
  const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length
  return noise.map((value) => value / Math.sqrt(variance))
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value))
}
