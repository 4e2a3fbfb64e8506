import { setImmediate } from 'node:timers/promises'
import type { Frame, Samples } from '../sdk/values.ts'
import { type Kernel, resampleTaps, type Taps } from './resample-taps.ts'
import { depthOf, fullScale, samplesOf } from './samples.ts'

/** Output samples after which others get a turn; a hundred megapixels take seconds. */
const BREATH = 4_000_000

/**
 * Scales a frame with a separable kernel: lines first, then columns, in float32 in between. Only the lines under the
 * kernel are kept, so the memory is that of the result and the work stays in the processor's cache.
 */
export async function resample(frame: Frame, width: number, height: number, kernel: Kernel): Promise<Frame> {
  const { channels } = frame
  const length = width * channels
  const columns = flatten(resampleTaps(frame.width, width, kernel), frame.width)
  const rows = resampleTaps(frame.height, height, kernel)
  const kept = rows.reduce((most, { weights }) => Math.max(most, weights.length), 1)
  const lines = Array.from({ length: kept }, () => new Float32Array(length))
  const data = samplesOf(depthOf(frame.data), height * length)
  const sums = new Float32Array(length)
  const isWhole = kernel.edge === 'leave out' && !(frame.data instanceof Float32Array)
  const linesPerBreath = Math.max(1, Math.floor(BREATH / length))
  let made = rows[0]!.start
  for (const [y, taps] of rows.entries()) {
    const { start, weights } = taps
    made = Math.max(made, start)
    for (; made < start + weights.length; made++) {
      const line = lines[made % kept]!
      scaleLine(frame, made, columns, line)
      if (isWhole) roundLine(line, frame.data)
    }
    mixLines(data, y * length, sums, lines, taps)
    if (y % linesPerBreath === linesPerBreath - 1) await setImmediate()
  }
  return { ...frame, width, height, data }
}

/** Pillow keeps whole samples, not sums, between lines and columns (libImaging/Resample.c). */
function roundLine(line: Float32Array, data: Samples): void {
  const top = fullScale(data)
  for (let i = 0; i < line.length; i++) line[i] = Math.min(top, Math.max(0, Math.floor(line[i]! + 0.5)))
}

/** The taps of a line as flat lists: of each output sample `count` weights, from `starts` on. */
interface FlatTaps {
  readonly count: number
  readonly starts: Int32Array
  readonly weights: Float64Array
}

function flatten(taps: readonly Taps[], from: number): FlatTaps {
  const count = taps.reduce((most, { weights }) => Math.max(most, weights.length), 1)
  const starts = new Int32Array(taps.length)
  const weights = new Float64Array(taps.length * count)
  for (const [i, tap] of taps.entries()) {
    // At the end of the line there may be less than `count` samples left: begin earlier, with weights of zero.
    starts[i] = Math.min(tap.start, Math.max(0, from - count))
    weights.set(tap.weights, i * count + tap.start - starts[i]!)
  }
  return { count, starts, weights }
}

function scaleLine({ data, width, channels }: Frame, y: number, taps: FlatTaps, line: Float32Array): void {
  const begin = y * width * channels
  if (channels === 3) scaleColourLine(data, begin, taps, line)
  else for (let c = 0; c < channels; c++) scaleChannel(data, begin + c, channels, taps, line, c)
}

function scaleColourLine(data: Samples, begin: number, taps: FlatTaps, line: Float32Array): void {
  const { count, starts, weights } = taps
  let at = 0
  let to = 0
  for (let x = 0; x < starts.length; x++) {
    let from = begin + starts[x]! * 3
    let red = 0
    let green = 0
    let blue = 0
    for (const end = at + count; at < end; at++, from += 3) {
      const weight = weights[at]!
      red += weight * data[from]!
      green += weight * data[from + 1]!
      blue += weight * data[from + 2]!
    }
    line[to] = red
    line[to + 1] = green
    line[to + 2] = blue
    to += 3
  }
}

function scaleChannel(
  data: Samples,
  begin: number,
  channels: number,
  taps: FlatTaps,
  line: Float32Array,
  channel: number,
): void {
  const { count, starts, weights } = taps
  let at = 0
  for (let x = 0; x < starts.length; x++) {
    let from = begin + starts[x]! * channels
    let sum = 0
    for (const end = at + count; at < end; at++, from += channels) sum += weights[at]! * data[from]!
    line[x * channels + channel] = sum
  }
}

/** How many lines are added in one go: as many as a cubic kernel has that enlarges. */
const GROUP = 4

/** One line of the result: the weighted sum of the lines under the kernel, rounded and clamped for integers. */
function mixLines(
  data: Samples,
  at: number,
  sums: Float32Array,
  lines: readonly Float32Array[],
  { start, weights }: Taps,
): void {
  const top = data instanceof Float32Array ? undefined : fullScale(data)
  const padded = new Float64Array(Math.ceil(weights.length / GROUP) * GROUP)
  padded.set(weights)
  const group = (k: number) =>
    Array.from({ length: GROUP }, (_, i) => lines[(start + Math.min(k + i, weights.length - 1)) % lines.length]!)
  sums.fill(top === undefined ? 0 : 0.5)
  const last = padded.length - GROUP
  for (let k = 0; k < last; k += GROUP) addGroup(sums, group(k), padded.subarray(k))
  if (top === undefined) {
    addGroup(sums, group(last), padded.subarray(last))
    data.set(sums, at)
  } else finishGroup(data, at, top, sums, group(last), padded.subarray(last))
}

function addGroup(sums: Float32Array, lines: readonly Float32Array[], weights: Float64Array): void {
  const [a, b, c, d] = lines as [Line, Line, Line, Line]
  // Read here, they stay plain numbers in registers.
  const p = weights[0]!
  const q = weights[1]!
  const r = weights[2]!
  const s = weights[3]!
  for (let i = 0; i < sums.length; i++) {
    sums[i]! += p * a[i]! + q * b[i]! + r * c[i]! + s * d[i]!
  }
}

type Line = Float32Array

function finishGroup(
  data: Samples,
  at: number,
  top: number,
  sums: Line,
  lines: readonly Line[],
  weights: Float64Array,
): void {
  const [a, b, c, d] = lines as [Line, Line, Line, Line]
  const p = weights[0]!
  const q = weights[1]!
  const r = weights[2]!
  const s = weights[3]!
  for (let i = 0; i < sums.length; i++) {
    // As an integer first: that makes the comparisons cheap.
    const value = (sums[i]! + p * a[i]! + q * b[i]! + r * c[i]! + s * d[i]!) | 0
    data[at + i] = value < 0 ? 0 : value > top ? top : value
  }
}
