import type { Frame, SampleDepth, Samples } from '../sdk/values.ts'
import { hasAlpha } from './channels.ts'
import { depthOf, fullScale, samplesOf } from './samples.ts'

/** Stores a value of 0..1 as a sample of its depth: integers are rounded and clamped, floats are stored as they are. */
export function storing(data: Samples): (at: number, value: number) => void {
  if (data instanceof Float32Array) {
    return (at, value) => {
      data[at] = value
    }
  }
  const white = fullScale(data)
  return (at, value) => {
    const sample = value * white + 0.5
    data[at] = sample < 0 ? 0 : sample > white ? white : sample
  }
}

/**
 * Each colour sample by itself through `change`, which takes and gives values of 0..1 (floats may lie outside) and may
 * differ by channel. Alpha stays. Integers go through a table.
 */
export function mapColours(frame: Frame, change: (value: number, channel: number) => number): Frame {
  const { channels, data: from } = frame
  const data = samplesOf(depthOf(from), from.length)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  for (let channel = 0; channel < colours; channel++) {
    const changed = changeOf(from, (value) => change(value, channel))
    for (let at = channel; at < data.length; at += channels) data[at] = changed(from[at]!)
  }
  if (colours < channels) for (let at = colours; at < data.length; at += channels) data[at] = from[at]!
  return { ...frame, data }
}

/** The change of single samples at their own depth. */
function changeOf(samples: Samples, change: (value: number) => number): (sample: number) => number {
  if (samples instanceof Float32Array) return change
  const white = fullScale(samples)
  const table = samplesOf(depthOf(samples), white + 1)
  const store = storing(table)
  for (let sample = 0; sample <= white; sample++) store(sample, change(sample / white))
  return (sample) => table[sample]!
}

const DEPTHS: readonly SampleDepth[] = ['uint8', 'uint16', 'float32']

/** The depth that loses nothing of either. */
export function deeperOf(a: Samples, b: Samples): SampleDepth {
  return DEPTHS[Math.max(DEPTHS.indexOf(depthOf(a)), DEPTHS.indexOf(depthOf(b)))]!
}

/** Two values of 0..1 become one, sample by sample, at the deeper of their depths; sizes and channels are the same. */
export function combineSamples(
  first: Frame,
  second: Frame,
  combine: (a: number, b: number, channel: number) => number,
): Frame {
  const data = samplesOf(deeperOf(first.data, second.data), first.data.length)
  const store = storing(data)
  const [a, b] = [1 / fullScale(first.data), 1 / fullScale(second.data)]
  const { channels } = first
  for (let at = 0; at < data.length; at++) store(at, combine(first.data[at]! * a, second.data[at]! * b, at % channels))
  return { ...first, data }
}
