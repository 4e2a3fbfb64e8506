import { setImmediate } from 'node:timers/promises'
import { hasAlpha } from '../pixels/channels.ts'
import { storing } from '../pixels/colours.ts'
import { CUBIC } from '../pixels/resample-taps.ts'
import { depthOf, fullScale, samplesOf } from '../pixels/samples.ts'
import type { Size } from '../sdk/turned-size.ts'
import type { Frame } from '../sdk/values.ts'

/** After so many lines others get a turn. */
const LINES = 64

/**
 * A frame turned clockwise about its middle by an angle in radians, as seen through a window of a size; what lies beyond
 * is opaque and `fill`, 0..1. Between pixels Keys' cubic convolution (a = −0.75), as everywhere here; colours count as much as they
 * are opaque, so that none shows that was hidden.
 */
export async function rotated(
  frame: Frame,
  angle: number,
  { width, height }: Size,
  fill: number,
  signal: AbortSignal,
): Promise<Frame> {
  const { channels, data: from } = frame
  const data = samplesOf(depthOf(from), width * height * channels)
  const store = storing(data)
  const unit = 1 / fullScale(from)
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const columns = new Taps(frame.width)
  const rows = new Taps(frame.height)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  const sums = new Float64Array(colours)
  for (let y = 0, to = 0; y < height; y++) {
    const v = y - (height - 1) / 2
    for (let x = 0; x < width; x++, to += channels) {
      const u = x - (width - 1) / 2
      const sourceX = u * cos + v * sin + (frame.width - 1) / 2
      const sourceY = v * cos - u * sin + (frame.height - 1) / 2
      if (!columns.place(sourceX) || !rows.place(sourceY)) {
        for (let c = 0; c < channels; c++) store(to + c, c < colours ? fill : 1)
        continue
      }
      sums.fill(0)
      let total = 0
      for (let j = 0; j < 4; j++) {
        for (let i = 0; i < 4; i++) {
          const at = (rows.at[j]! * frame.width + columns.at[i]!) * channels
          const weight = rows.weights[j]! * columns.weights[i]! * (colours < channels ? from[at + colours]! * unit : 1)
          for (let c = 0; c < colours; c++) sums[c]! += weight * from[at + c]!
          total += weight
        }
      }
      for (let c = 0; c < colours; c++) store(to + c, total > 0 ? (sums[c]! / total) * unit : 0)
      if (colours < channels) store(to + colours, total)
    }
    if (y % LINES === LINES - 1) {
      await setImmediate()
      signal.throwIfAborted()
    }
  }
  return { ...frame, width, height, data }
}

/** The four samples around a place on one axis, and their weights; edges are repeated. */
class Taps {
  readonly at = new Int32Array(4)
  readonly weights = new Float64Array(4)
  readonly #length: number

  constructor(length: number) {
    this.#length = length
  }

  /** Whether the place lies on the axis, half a sample beyond its ends included. */
  place(position: number): boolean {
    if (position < -0.5 - 1e-9 || position > this.#length - 0.5 + 1e-9) return false
    const first = Math.floor(position) - 1
    for (let i = 0; i < 4; i++) {
      this.at[i] = Math.min(this.#length - 1, Math.max(0, first + i))
      this.weights[i] = CUBIC.weight(first + i - position)
    }
    return true
  }
}
