import type { Frame } from '../sdk/values.ts'
import { fullLuma } from './luma.ts'

/**
 * Variance of the Laplacian of the luma, 0..255, over all pixels but the outermost (Pech-Pacheco et al. 2000): higher is
 * sharper, and noise counts as sharpness too. Both sides need at least 3 pixels.
 */
export function sharpness(frame: Frame): number {
  const { width, height, data } = fullLuma(frame)
  let [sum, squares] = [0, 0]
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < y * width + width - 1; at++) {
      const value = data[at - 1]! + data[at + 1]! + data[at - width]! + data[at + width]! - 4 * data[at]!
      sum += value
      squares += value * value
    }
  }
  const count = (width - 2) * (height - 2)
  return squares / count - (sum / count) ** 2
}
