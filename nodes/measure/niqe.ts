import { setImmediate } from 'node:timers/promises'
import { cropFrame } from '../pixels/tiles.ts'
import type { Frame } from '../sdk/values.ts'
import { fitAsymmetricGaussian } from './asymmetric-gaussian.ts'
import { gaussianWindow, planeOf, smooth } from './filter.ts'
import { gamma } from './gamma.ts'
import { fullLuma, type Plane } from './luma.ts'
import { covarianceOf, mahalanobis, meanOf } from './moments.ts'
import pristine from './niqe-pristine.json' with { type: 'json' }

const PATCH = 96
/** Rows around a block that its features depend on: 6 are the window's at half the size, 3 those of halving; and one more, to be even. */
const MARGIN = 10
const WINDOW = gaussianWindow(7, 7 / 6)
/** The cubic kernel (a = −0.5) stretched by two. */
const HALVING = [-3, -9, 29, 111, 111, 29, -9, -3].map((weight) => weight / 256)
const NEIGHBOURS = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
] as const

/**
 * NIQE, a quality measure without a reference; lower is better (Mittal, Soundararajan and Bovik, IEEE SPL 2013). The
 * conventions are those of models/training/niqe.py; the pristine model is that of the authors' release, whose licence its file has.
 * Both sides need at least 96 pixels; the picture is cut to multiples of 96. NaN when no block has structure. `signal`
 * stops between two rows of blocks.
 */
export async function niqe(frame: Frame, signal: AbortSignal): Promise<number> {
  const features = await niqeFeatures(frame, signal)
  if (features.length < 2) return Number.NaN
  const own = covarianceOf(features)
  const mean = meanOf(features)
  const difference = mean.map((value, i) => value - pristine.mean[i]!)
  const pooled = own.map((row, i) => row.map((value, j) => (value + pristine.covariance[i]![j]!) / 2))
  return mahalanobis(difference, pooled)
}

/** The 36 features of each block whose features are finite. */
export async function niqeFeatures(frame: Frame, signal: AbortSignal): Promise<number[][]> {
  const width = frame.width - (frame.width % PATCH)
  const height = frame.height - (frame.height % PATCH)
  const rows: number[][] = []
  for (let top = 0; top < height; top += PATCH) {
    await setImmediate()
    signal.throwIfAborted()
    const [first, last] = [Math.max(0, top - MARGIN), Math.min(height, top + PATCH + MARGIN)]
    const grey = fullLuma(cropFrame(frame, 0, first, width, last - first))
    const fine = normalised(grey)
    const coarse = normalised(halve(grey))
    for (let left = 0; left < width; left += PATCH) {
      const row = [
        ...blockFeatures(block(fine, top - first, left, PATCH)),
        ...blockFeatures(block(coarse, (top - first) / 2, left / 2, PATCH / 2)),
      ]
      if (row.every(Number.isFinite)) rows.push(row)
    }
  }
  return rows
}

/** (I − mean) / (deviation + 1) over a Gaussian neighbourhood. */
function normalised(image: Plane): Plane {
  const { data } = image
  const { data: mean } = smooth(image, WINDOW)
  const squares = planeOf(image, (i) => data[i]! * data[i]!)
  const { data: square } = smooth(squares, WINDOW)
  return planeOf(image, (i) => (data[i]! - mean[i]!) / (Math.sqrt(Math.abs(square[i]! - mean[i]! * mean[i]!)) + 1))
}

function blockFeatures(values: Plane): number[] {
  const { shape, left, right } = fitAsymmetricGaussian(values.data)
  const features = [shape, (left + right) / 2]
  for (const [rows, columns] of NEIGHBOURS) {
    const pair = fitAsymmetricGaussian(neighbourProducts(values, rows, columns))
    const mean = ((pair.right - pair.left) * gamma(2 / pair.shape)) / gamma(1 / pair.shape)
    features.push(pair.shape, mean, pair.left, pair.right)
  }
  return features
}

/** Each sample times the one `rows` above and `columns` to the left of it, around the edges. */
function neighbourProducts({ width, height, data }: Plane, rows: number, columns: number): Float64Array {
  return data.map((value, i) => {
    const y = (Math.floor(i / width) - rows + height) % height
    const x = ((i % width) - columns + width) % width
    return value * data[y * width + x]!
  })
}

function block(image: Plane, top: number, left: number, side: number): Plane {
  const data = new Float64Array(side * side)
  for (let y = 0; y < side; y++) {
    const from = (top + y) * image.width + left
    data.set(image.data.subarray(from, from + side), y * side)
  }
  return { width: side, height: side, data }
}

/** Half the size along both axes; mirrored at the edges, which are repeated. */
function halve(image: Plane): Plane {
  const { width, height, data } = image
  const half = { width: width / 2, height: height / 2 }
  const rows = new Float64Array(height * half.width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < half.width; x++) {
      let sum = 0
      HALVING.forEach((weight, k) => {
        sum += weight * data[y * width + mirror(2 * x - 3 + k, width)]!
      })
      rows[y * half.width + x] = sum
    }
  }
  const result = new Float64Array(half.height * half.width)
  for (let y = 0; y < half.height; y++) {
    HALVING.forEach((weight, k) => {
      const line = mirror(2 * y - 3 + k, height) * half.width
      for (let x = 0; x < half.width; x++) result[y * half.width + x]! += weight * rows[line + x]!
    })
  }
  return { ...half, data: result }
}

/** Mirror image with the edge repeated: −1 is 0, −2 is 1. */
function mirror(index: number, length: number): number {
  if (index < 0) return -1 - index
  return index < length ? index : 2 * length - 1 - index
}
