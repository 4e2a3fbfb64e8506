import { fullScale, toRgb } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

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
