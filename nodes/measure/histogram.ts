import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

const BINS = 256

/** What a frame's samples are, channel by channel; alpha is left out. */
export interface Histogram {
  /** One row for grey, three for R, G and B; each counts the samples in 256 equal steps from black to white. */
  readonly counts: readonly Uint32Array[]
  readonly pixels: number
}

/** Counts samples; what lies outside black to white falls into the first or last step. */
export function histogramOf({ channels, data, width, height }: Frame): Histogram {
  const colours = channels < 3 ? 1 : 3
  const counts = Array.from({ length: colours }, () => new Uint32Array(BINS))
  const factor = (BINS - 1) / fullScale(data)
  for (let at = 0; at < data.length; at += channels) {
    for (let c = 0; c < colours; c++) {
      counts[c]![Math.min(BINS - 1, Math.max(0, Math.round(data[at + c]! * factor)))]!++
    }
  }
  return { counts, pixels: width * height }
}

const HEIGHT = 160
const COLUMN = 2
const PAPER = 24
const INK = 231

/**
 * A chart of 512 × 160, uint8 RGB: the bars of R, G and B shine through each other. The tallest step between black and
 * white reaches the top, so that clipped shadows do not flatten the rest.
 */
export function drawHistogram({ counts }: Histogram): Frame {
  const width = BINS * COLUMN
  const data = new Uint8Array(width * HEIGHT * 3).fill(PAPER)
  const tallest = Math.max(1, ...counts.flatMap((row) => [...row.subarray(1, BINS - 1)]))
  for (let channel = 0; channel < 3; channel++) {
    const row = counts[Math.min(channel, counts.length - 1)]!
    for (let x = 0; x < width; x++) {
      const count = row[Math.floor(x / COLUMN)]!
      const bar = Math.min(HEIGHT, Math.ceil((count / tallest) * HEIGHT))
      for (let y = HEIGHT - bar; y < HEIGHT; y++) data[(y * width + x) * 3 + channel] = INK
    }
  }
  return { width, height: HEIGHT, channels: 3, data }
}

/** Mean in units of 1/255 and the shares of black and white samples, over all colours. */
export function describeHistogram({ counts, pixels }: Histogram): string {
  const samples = counts.length * pixels
  const total = (weigh: (bin: number) => number) =>
    counts.reduce((sum, row) => sum + row.reduce((inner, count, bin) => inner + count * weigh(bin), 0), 0) / samples
  const share = (bin: number) => `${(100 * total((other) => Number(other === bin))).toFixed(1)} %`
  return `mean ${total((bin) => bin).toFixed(1)}, black ${share(0)}, white ${share(BINS - 1)}`
}
