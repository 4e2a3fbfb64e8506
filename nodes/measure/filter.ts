import type { Plane } from './luma.ts'

/** A normalised Gaussian of odd `size`. */
export function gaussianWindow(size: number, sigma: number): Float64Array {
  const middle = (size - 1) / 2
  const window = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - middle) / sigma) ** 2))
  const sum = window.reduce((total, weight) => total + weight, 0)
  return window.map((weight) => weight / sum)
}

/** A symmetric window along both axes; edges are repeated. */
export function smooth({ width, height, data }: Plane, window: Float64Array): Plane {
  const reach = (window.length - 1) / 2
  const rows = new Float64Array(data.length)
  const result = new Float64Array(data.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = -reach; k <= reach; k++) {
        sum += window[k + reach]! * data[y * width + Math.min(width - 1, Math.max(0, x + k))]!
      }
      rows[y * width + x] = sum
    }
  }
  for (let y = 0; y < height; y++) {
    for (let k = -reach; k <= reach; k++) {
      const weight = window[k + reach]!
      const line = Math.min(height - 1, Math.max(0, y + k)) * width
      for (let x = 0; x < width; x++) result[y * width + x]! += weight * rows[line + x]!
    }
  }
  return { width, height, data: result }
}

/** A plane as large as another, of what `value` gives for each index. */
export function planeOf({ width, height }: Plane, value: (i: number) => number): Plane {
  const data = new Float64Array(width * height)
  for (let i = 0; i < data.length; i++) data[i] = value(i)
  return { width, height, data }
}
