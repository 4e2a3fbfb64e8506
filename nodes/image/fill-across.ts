import { setImmediate } from 'node:timers/promises'
import { hasAlpha } from '../pixels/channels.ts'
import { storing } from '../pixels/colours.ts'
import { fullScale, toRgb } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'
import { pushPull } from './push-pull.ts'

/** As far as this what is known is looked for, in pixels. */
const REACH = 32

/** Directions in half a turn, as steps of a pixel. */
const DIRECTIONS = Array.from(
  { length: 8 },
  (_, i) => [Math.cos((i * Math.PI) / 8), Math.sin((i * Math.PI) / 8)] as const,
)

/** Ends that differ by less than this are as good as alike. */
const ALIKE = 15 / 255

/** Above this a pixel is not known. */
const KNOWN = 0.5

/** After so many lines others get a turn. */
const LINES = 64

/**
 * Replaces what is masked, by as much as it is, by what lies on both sides of it: through each pixel the nearest known ones on opposite sides, in
 * several directions, are joined, and count for more the nearer they are and the more they are alike. So edges and stripes that a scratch crosses
 * go on as they lie, as where lines are doubled along edges (Doyle and Looymans 1990). What is further inside is filled smoothly.
 * Alpha stays.
 *
 * @param mask as large, 1 where the frame is to be filled
 */
export async function fillAcross(frame: Frame, mask: Frame, signal: AbortSignal): Promise<Frame> {
  const { width, height, channels } = frame
  const data = frame.data.slice()
  const store = storing(data)
  const unit = 1 / fullScale(frame.data)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const join = joining(frame, mask, colours)
  const smooth = once(() => smoothly(frame, mask))
  const filled = new Float32Array(3)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const share = mask.data[pixel]!
    if (share > 0) {
      if (!join(pixel, filled)) smooth()(pixel, filled)
      for (let c = 0, at = pixel * channels; c < colours; c++, at++) {
        store(at, frame.data[at]! * unit + share * (filled[c]! - frame.data[at]! * unit))
      }
    }
    if (pixel % (LINES * width) === 0) {
      await setImmediate()
      signal.throwIfAborted()
    }
  }
  return { ...frame, data }
}

/** Gives the colours, in 0..1, by which opposite known pixels continue each other; false where none are near. */
function joining({ width, height, channels, data }: Frame, mask: Frame, colours: number) {
  const unit = 1 / fullScale(data)
  /** How many steps away a known pixel is, and which; where the picture ends, none; undefined where neither is within reach. */
  const nearest = (x: number, y: number, across: number, down: number) => {
    for (let steps = 1; steps <= REACH; steps++) {
      const [column, row] = [Math.round(x + steps * across), Math.round(y + steps * down)]
      if (column < 0 || row < 0 || column >= width || row >= height) return { steps, at: undefined }
      if (mask.data[row * width + column]! <= KNOWN) return { steps, at: (row * width + column) * channels }
    }
    return undefined
  }
  return (pixel: number, into: Float32Array): boolean => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)]
    let weights = 0
    into.fill(0)
    for (const [across, down] of DIRECTIONS) {
      const one = nearest(x, y, across, down)
      const other = one && nearest(x, y, -across, -down)
      if (one === undefined || other === undefined) continue
      const [a, b] = [one.at ?? other.at, other.at ?? one.at]
      if (a === undefined || b === undefined) continue
      let difference = 0
      for (let c = 0; c < colours; c++) difference += (Math.abs(data[a + c]! - data[b + c]!) * unit) / colours
      const steps = one.steps + other.steps
      const weight = 1 / (steps ** 3 * (ALIKE ** 2 + difference ** 2))
      weights += weight
      for (let c = 0; c < colours; c++) {
        into[c]! += (weight * unit * (data[a + c]! * other.steps + data[b + c]! * one.steps)) / steps
      }
    }
    for (let c = 0; c < colours; c++) into[c]! /= weights
    return weights > 0
  }
}

function smoothly(frame: Frame, mask: Frame): (pixel: number, into: Float32Array) => void {
  const { data } = toRgb(frame)
  const unit = 1 / fullScale(data)
  return pushPull(frame.width, frame.height, (pixel, into) => {
    const known = mask.data[pixel]! > KNOWN ? 0 : 1
    for (let c = 0; c < 3; c++) into[c] = data[pixel * 3 + c]! * unit * known
    into[3] = known
  })
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
