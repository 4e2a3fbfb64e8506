import { storing } from '../pixels/colours.ts'
import { depthOf, samplesOf } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** A frame of the depth and channels of another one, filled with values of 0..1 by channel. */
export function canvas(like: Frame, width: number, height: number, colour: (channel: number) => number): Frame {
  const { channels } = like
  const data = samplesOf(depthOf(like.data), width * height * channels)
  const pixel = samplesOf(depthOf(like.data), channels)
  const store = storing(pixel)
  for (let channel = 0; channel < channels; channel++) store(channel, colour(channel))
  for (let at = 0; at < data.length; at += channels) data.set(pixel, at)
  return { ...like, width, height, data }
}

/** Copies a frame onto a fresh canvas of its depth and channels, which it lies inside of. */
export function paste(onto: Frame, frame: Frame, left: number, top: number): void {
  const line = frame.width * frame.channels
  for (let y = 0; y < frame.height; y++) {
    const to = ((top + y) * onto.width + left) * onto.channels
    onto.data.set(frame.data.subarray(y * line, (y + 1) * line), to)
  }
}
