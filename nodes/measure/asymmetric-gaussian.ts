import { gamma } from './gamma.ts'

/** Asymmetric generalised Gaussian: its shape, and its scales left and right of zero. */
export interface AsymmetricGaussian {
  readonly shape: number
  readonly left: number
  readonly right: number
}

/** Γ(2/a)² / (Γ(1/a)·Γ(3/a)) of the shapes that are tried: 0.2, 0.201, … 10. It grows with the shape. */
const SHAPES = Float64Array.from({ length: 9801 }, (_, i) => (200 + i) / 1000)
const RATIOS = SHAPES.map((a) => gamma(2 / a) ** 2 / (gamma(1 / a) * gamma(3 / a)))

/** Fits by moments (Lasmar, Stitou and Berthoumieu 2009). Not finite when a side of zero is empty. */
export function fitAsymmetricGaussian(values: Float64Array): AsymmetricGaussian {
  let [below, above, belowCount, aboveCount, sum] = [0, 0, 0, 0, 0]
  for (const value of values) {
    sum += Math.abs(value)
    if (value < 0) {
      below += value * value
      belowCount++
    } else if (value > 0) {
      above += value * value
      aboveCount++
    }
  }
  const left = Math.sqrt(below / belowCount)
  const right = Math.sqrt(above / aboveCount)
  const g = left / right
  const q = (sum / values.length) ** 2 / ((below + above) / values.length)
  const shape = shapeOf((q * (g ** 3 + 1) * (g + 1)) / (g * g + 1) ** 2)
  const factor = Math.sqrt(gamma(1 / shape) / gamma(3 / shape))
  return { shape, left: left * factor, right: right * factor }
}

/** The shape whose ratio is nearest. */
function shapeOf(ratio: number): number {
  let [low, high] = [0, RATIOS.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (RATIOS[middle]! < ratio) low = middle
    else high = middle
  }
  return Math.abs(RATIOS[low]! - ratio) <= Math.abs(RATIOS[high]! - ratio) ? SHAPES[low]! : SHAPES[high]!
}
