import { setImmediate } from 'node:timers/promises'
import { reflect } from '../pixels/padding.ts'
import type { Frame } from '../sdk/values.ts'

/** Samples after which others get a turn. */
const BREATH = 4_000_000

/**
 * Smooths a frame along both axes with a symmetric window of odd length and hands over one line after the other, in the
 * frame's own scale; the line is used again for the next one. Edges are mirrored (torch's pad mode reflect). Only the
 * lines under the window are kept.
 */
export async function smoothLines(
  frame: Frame,
  window: Float64Array,
  signal: AbortSignal,
  take: (line: Float32Array, y: number) => void,
): Promise<void> {
  const { width, height, channels } = frame
  const radius = (window.length - 1) / 2
  const length = width * channels
  const kept = Array.from({ length: window.length }, () => new Float32Array(length))
  const smoothAcross = acrossLines(frame, window)
  const sums = new Float32Array(length)
  const linesPerBreath = Math.max(1, Math.floor(BREATH / (length * window.length)))
  let made = 0
  for (let y = 0; y < height; y++) {
    for (; made <= Math.min(height - 1, y + radius); made++) smoothAcross(made, kept[made % kept.length]!)
    sums.fill(0)
    for (let k = 0; k < window.length; k++) {
      addLine(sums, kept[reflect(Math.abs(y + k - radius), height) % kept.length]!, window[k]!)
    }
    take(sums, y)
    if (y % linesPerBreath === linesPerBreath - 1) {
      await setImmediate()
      signal.throwIfAborted()
    }
  }
}

/** Smooths line `y` of the frame into another one. */
function acrossLines({ width, channels, data }: Frame, window: Float64Array): (y: number, line: Float32Array) => void {
  const radius = (window.length - 1) / 2
  const columns = Int32Array.from(
    { length: width + 2 * radius },
    (_, x) => reflect(Math.abs(x - radius), width) * channels,
  )
  const padded = new Float32Array(columns.length * channels)
  return (y, line) => {
    const begin = y * width * channels
    for (let x = 0, to = 0; x < columns.length; x++) {
      for (let c = 0; c < channels; c++) padded[to++] = data[begin + columns[x]! + c]!
    }
    line.fill(0)
    for (let k = 0; k < window.length; k++) addLine(line, padded.subarray(k * channels), window[k]!)
  }
}

function addLine(sums: Float32Array, line: Float32Array, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * line[i]!
}
