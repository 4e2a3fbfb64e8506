import { depthOf, samplesOf } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** A frame of `width` × `height` whose pixel (x, y) is pixel number `source(x, y)` of another, counted row by row. */
export function rearrange(
  frame: Frame,
  width: number,
  height: number,
  source: (x: number, y: number) => number,
): Frame {
  const { channels } = frame
  const data = samplesOf(depthOf(frame.data), width * height * channels)
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = source(x, y) * channels
      for (let c = 0; c < channels; c++) data[to++] = frame.data[from + c]!
    }
  }
  return { ...frame, width, height, data }
}
