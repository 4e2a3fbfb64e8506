import type { Frame, Image } from '../sdk/values.ts'
import { depthOf, fullScale, samplesOf } from './samples.ts'

/** Whether the last channel is alpha. */
export function hasAlpha({ channels }: Pick<Frame, 'channels'>): boolean {
  return channels % 2 === 0
}

/** The frame with another number of channels: grey becomes equal parts, alpha is left out or added opaque. */
export function withChannels(frame: Frame, channels: Frame['channels']): Frame {
  if (frame.channels === channels) return frame
  const { width, height, data: from } = frame
  const data = samplesOf(depthOf(from), width * height * channels)
  const colours = channels > 2 ? 3 : 1
  const opaque = fullScale(from)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const source = pixel * frame.channels
    const target = pixel * channels
    for (let c = 0; c < colours; c++) data[target + c] = from[source + (frame.channels > 2 ? c : 0)]!
    if (colours < channels) data[target + colours] = hasAlpha(frame) ? from[source + frame.channels - 1]! : opaque
  }
  return { ...frame, channels, data }
}

/** The frames of both with as many channels as the richest has. */
export function alignChannels(...images: readonly Image[]): Image[] {
  const channels = Math.max(...images.flatMap(({ frames }) => frames.map((frame) => frame.channels)))
  return images.map(({ frames }) => ({
    frames: frames.map((frame) => withChannels(frame, channels as Frame['channels'])),
  }))
}
