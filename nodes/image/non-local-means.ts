import { setImmediate } from 'node:timers/promises'

/** Planes of one size, one for each colour, in levels of 255. */
export interface Planes {
  readonly width: number
  readonly height: number
  readonly planes: readonly Float32Array[]
}

/** How far to look, how large a patch, and how soon patches are too different, by the noise (published figures). */
export interface Search {
  readonly reach: number
  readonly patch: number
  readonly decay: number
}

/**
 * Buades, Coll and Morel 2011 (IPOL, Non-Local Means Denoising), tables for grey and for colour; `noise` in levels of 255.
 * They look 10 and 17 pixels far; 7 and 10 take half the time and cost 0.02 to 0.4 dB on photographs with noise of 5 to 15.
 */
export function searchFor(noise: number, colours: number): Search {
  const rows = colours === 1 ? GREY : COLOUR
  const { reach, patch, share } = rows.find(({ upTo }) => noise <= upTo) ?? rows.at(-1)!
  return { reach, patch, decay: share * noise }
}

const GREY = [
  { upTo: 15, reach: 7, patch: 1, share: 0.4 },
  { upTo: 30, reach: 7, patch: 2, share: 0.4 },
  { upTo: 45, reach: 10, patch: 3, share: 0.35 },
  { upTo: 75, reach: 10, patch: 4, share: 0.35 },
  { upTo: Number.POSITIVE_INFINITY, reach: 10, patch: 5, share: 0.3 },
]

const COLOUR = [
  { upTo: 25, reach: 7, patch: 1, share: 0.55 },
  { upTo: 55, reach: 10, patch: 2, share: 0.4 },
  { upTo: Number.POSITIVE_INFINITY, reach: 10, patch: 3, share: 0.35 },
]

/**
 * Each pixel becomes the mean of the pixels around, weighted by how alike the patches around them are:
 * w = exp(−max(d² − 2·noise², 0) / decay²), d² the mean squared difference of two patches over all colours; a pixel itself
 * counts as much as the most alike. Each pair of pixels is compared once for both.
 */
export async function nonLocalMeans(
  { width, height, planes }: Planes,
  noise: number,
  search: Search,
  between: () => void,
): Promise<readonly Float32Array[]> {
  const sums = planes.map(() => new Float32Array(width * height))
  const weights = new Float32Array(width * height)
  const largest = new Float32Array(width * height)
  const weigh = weightTable(noise, search)
  for (let dy = 0; dy <= search.reach; dy++) {
    for (let dx = dy === 0 ? 1 : -search.reach; dx <= search.reach; dx++) {
      if (dy < height && Math.abs(dx) < width)
        addPairs({ width, height, planes }, dx, dy, search.patch, weigh, sums, weights, largest)
    }
    await setImmediate()
    between()
  }
  for (let c = 0; c < planes.length; c++) {
    const [plane, sum] = [planes[c]!, sums[c]!]
    for (let i = 0; i < sum.length; i++) {
      const own = largest[i]! > 0 ? largest[i]! : 1
      sum[i] = (sum[i]! + own * plane[i]!) / (weights[i]! + own)
    }
  }
  return sums
}

/** All pairs of pixels with one offset. */
function addPairs(
  { width, height, planes }: Planes,
  dx: number,
  dy: number,
  patch: number,
  weigh: (difference: number) => number,
  sums: readonly Float32Array[],
  weights: Float32Array,
  largest: Float32Array,
): void {
  const left = Math.max(0, -dx)
  const length = width - Math.abs(dx)
  const rows = height - dy
  const lines = Array.from({ length: 2 * patch + 1 }, () => new Float32Array(length))
  const columns = new Float32Array(length + 2 * patch)
  const line = new Float32Array(length)
  const unit = 1 / ((2 * patch + 1) ** 2 * planes.length)
  const offset = dy * width + dx
  let made = 0
  for (let y = 0; y < rows; y++) {
    for (; made <= Math.min(rows - 1, y + patch); made++)
      squaredDifferences(planes, made * width + left, offset, lines[made % lines.length]!)
    columns.fill(0)
    for (let k = -patch; k <= patch; k++) {
      const squares = lines[Math.min(rows - 1, Math.max(0, y + k)) % lines.length]!
      for (let x = 0; x < length; x++) columns[x + patch]! += squares[x]!
    }
    columns.fill(columns[patch]!, 0, patch)
    columns.fill(columns[length + patch - 1]!, length + patch)
    let sum = 0
    for (let x = 0; x < 2 * patch; x++) sum += columns[x]!
    for (let x = 0; x < length; x++) {
      sum += columns[x + 2 * patch]!
      line[x] = weigh(sum * unit)
      sum -= columns[x]!
    }
    const at = y * width + left
    addWeights(line, weights, largest, at)
    addWeights(line, weights, largest, at + offset)
    for (let c = 0; c < planes.length; c++) {
      addWeighted(line, planes[c]!, at + offset, sums[c]!, at)
      addWeighted(line, planes[c]!, at, sums[c]!, at + offset)
    }
  }
}

function addWeights(line: Float32Array, weights: Float32Array, largest: Float32Array, start: number): void {
  for (let x = 0, at = start; x < line.length; x++, at++) {
    const weight = line[x]!
    weights[at]! += weight
    if (weight > largest[at]!) largest[at] = weight
  }
}

function addWeighted(line: Float32Array, plane: Float32Array, from: number, sums: Float32Array, to: number): void {
  for (let x = 0; x < line.length; x++) sums[to + x]! += line[x]! * plane[from + x]!
}

function squaredDifferences(planes: readonly Float32Array[], start: number, offset: number, line: Float32Array): void {
  line.fill(0)
  for (const plane of planes) {
    for (let x = 0, at = start; x < line.length; x++, at++) {
      const difference = plane[at]! - plane[at + offset]!
      line[x]! += difference * difference
    }
  }
}

/** Steps in which exponents are told apart, and where they end: e⁻⁸ is next to nothing. */
const STEPS = 256
const END = 8

function weightTable(noise: number, { decay }: Search): (difference: number) => number {
  const table = Float32Array.from({ length: STEPS * END + 1 }, (_, i) => (i < STEPS * END ? Math.exp(-i / STEPS) : 0))
  const least = 2 * noise * noise
  const scale = STEPS / (decay * decay)
  return (difference) => {
    const exponent = (difference - least) * scale
    return table[exponent <= 0 ? 0 : exponent >= STEPS * END ? STEPS * END : exponent | 0]!
  }
}
