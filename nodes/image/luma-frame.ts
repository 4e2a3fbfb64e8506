import { LUMA } from '../pixels/luma.ts'
import { fullScale, samplesOf } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

const [RED, GREEN, BLUE] = LUMA

/** Y of BT.601 in full range as one float channel, white at 1. */
export function lumaFrame({ width, height, channels, data: from }: Frame): Frame {
  const data = samplesOf('float32', width * height)
  const unit = 1 / fullScale(from)
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    data[i] = channels < 3 ? from[at]! * unit : (RED * from[at]! + GREEN * from[at + 1]! + BLUE * from[at + 2]!) * unit
  }
  return { width, height, channels: 1, data }
}
