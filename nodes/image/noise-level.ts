import { hasAlpha } from '../pixels/channels.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** Pixels along the side of a block. */
const BLOCK = 16

/** Which of the blocks, sorted, has no texture of its own in most photographs; of noise alone it has so much. */
const CALM = { place: 0.1, noise: 0.92 }

/** What lies less than this share of the range from its ends holds hardly any noise, since it is cut off there. */
const CUT_OFF = 0.02

/** Noise is much the same everywhere: where half of the blocks have so many times as much as the calm ones, it is texture. */
const UNEVEN = 1.7

/**
 * Standard deviation of the noise in levels of 255, the mean over the colours. The grain of a scan is coarser than a pixel, and hardly
 * seen by a filter of three: it is also looked for at half the size, where averaging makes half as large what has no grain at all.
 */
export async function noiseLevel(frame: Frame): Promise<number> {
  const [width, height] = [Math.ceil(frame.width / 2), Math.ceil(frame.height / 2)]
  const fine = levelsOf(frame)
  const coarse = levelsOf(await resizeFrame(frame, width, height, 'area'))
  return coarse.middle < UNEVEN * coarse.calm ? Math.max(fine.calm, 2 * coarse.calm) : fine.calm
}

/**
 * The noise of calm blocks and of those in the middle: of the second difference along both axes (Immerkær 1996), which hardly sees the
 * picture and makes noise 6 times as large, the mean magnitude. 0 for pictures smaller than 3 × 3, and where nearly all is cut off.
 */
function levelsOf(frame: Frame): { readonly calm: number; readonly middle: number } {
  const { width, height, channels } = frame
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const unit = (Math.sqrt(Math.PI / 2) * 255) / fullScale(frame.data) / 6 / colours
  let calm = 0
  let middle = 0
  for (let channel = 0; channel < colours; channel++) {
    const means: number[] = []
    for (let y = 1; y < height - 1; y += BLOCK) {
      for (let x = 1; x < width - 1; x += BLOCK) {
        const mean = meanResponse(frame, channel, x, y)
        if (mean !== undefined) means.push(mean)
      }
    }
    means.sort((a, b) => a - b)
    calm += means[Math.floor(CALM.place * means.length)] ?? 0
    middle += means[Math.floor(means.length / 2)] ?? 0
  }
  return { calm: (calm * unit) / CALM.noise, middle: middle * unit }
}

/** The mean over a block; undefined where more than half of its samples lie beside one that may be cut off. */
function meanResponse({ width, height, channels, data }: Frame, channel: number, left: number, top: number) {
  const [right, bottom] = [Math.min(left + BLOCK, width - 1), Math.min(top + BLOCK, height - 1)]
  const line = width * channels
  const low = CUT_OFF * fullScale(data)
  const high = fullScale(data) - low
  let sum = 0
  let counted = 0
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      let response = 0
      let isWhole = true
      for (let row = -1; row <= 1; row++) {
        const at = y * line + row * line + x * channels + channel
        const [a, b, c] = [data[at - channels]!, data[at]!, data[at + channels]!]
        isWhole &&= a >= low && b >= low && c >= low && a <= high && b <= high && c <= high
        response += (row === 0 ? -2 : 1) * (a - 2 * b + c)
      }
      if (!isWhole) continue
      sum += Math.abs(response)
      counted++
    }
  }
  return 2 * counted < (right - left) * (bottom - top) ? undefined : sum / counted
}
