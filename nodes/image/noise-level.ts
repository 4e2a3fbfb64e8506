import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** Steps of the response that are told apart; 1/16 of a level of 255. */
const STEP = 16

/**
 * Standard deviation of the noise in levels of 255, the mean over the colours: of the second difference along both axes
 * (Immerkær 1996), which hardly sees the picture and makes noise 6 times as large, the median magnitude / 0.6745 (Donoho
 * and Johnstone 1994), which edges do not change. 0 for pictures smaller than 3 × 3.
 */
export function noiseLevel(frame: Frame): number {
  const { width, height, channels, data } = frame
  if (width < 3 || height < 3) return 0
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const unit = 255 / fullScale(data)
  const line = width * channels
  let sum = 0
  for (let channel = 0; channel < colours; channel++) {
    const tally = new Uint32Array(16 * 255 * STEP)
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = (y * width + x) * channels + channel
        const across = (i: number) => data[i - channels]! - 2 * data[i]! + data[i + channels]!
        const response = across(at - line) - 2 * across(at) + across(at + line)
        tally[Math.min(tally.length - 1, Math.round(Math.abs(response) * unit * STEP))]!++
      }
    }
    sum += medianOf(tally) / STEP / 0.6745 / 6
  }
  return sum / colours
}

function medianOf(tally: Uint32Array): number {
  const half = tally.reduce((sum, count) => sum + count, 0) / 2
  let seen = 0
  let level = 0
  for (; level < tally.length; level++) {
    seen += tally[level]!
    if (seen >= half) break
  }
  return level
}
