import { fullScale } from '../pixels/samples.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Frame } from '../sdk/values.ts'

export const CHANNELS = ['red', 'green', 'blue', 'alpha'] as const

export type Channel = (typeof CHANNELS)[number]

/** One channel as a mask, 0..1 as it is. @throws RestorationError `invalid_input` when there is no alpha */
export function channelMask({ width, height, channels, data: from }: Frame, channel: Channel): Frame {
  const index = indexOf(channel, channels)
  const unit = 1 / fullScale(from)
  const data = new Float32Array(width * height)
  for (let i = 0, at = index; i < data.length; i++, at += channels) data[i] = from[at]! * unit
  return { width, height, channels: 1, data }
}

function indexOf(channel: Channel, channels: Frame['channels']): number {
  if (channel !== 'alpha') return channels < 3 ? 0 : CHANNELS.indexOf(channel)
  if (channels % 2 === 0) return channels - 1
  throw new RestorationError(
    'invalid_input',
    'Expected a picture with alpha but received one without.',
    'Choose a colour; the transparency of a file is the MASK of LoadImage.',
  )
}
