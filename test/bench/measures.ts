import { fullLuma } from '../../nodes/measure/luma.ts'
import { fullScale, toRgb } from '../../nodes/pixels/samples.ts'
import type { Frame } from '../../nodes/sdk/values.ts'

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

/** The largest difference, over R, G and B, of the means of two pictures, in units of 1/255. */
export function colorShift(frame: Frame, reference: Frame): number {
  const [a, b] = [channelMeans(frame), channelMeans(reference)]
  return Math.max(...a.map((mean, c) => Math.abs(mean - b[c]!) * 255))
}

function channelMeans(frame: Frame): number[] {
  const { data } = toRgb(frame)
  const scale = 3 / data.length / fullScale(data)
  return [0, 1, 2].map((c) => {
    let sum = 0
    for (let at = c; at < data.length; at += 3) sum += data[at]!
    return sum * scale
  })
}
