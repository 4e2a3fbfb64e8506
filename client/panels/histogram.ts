/** How often each value occurs in a picture, 0..255. */
export interface Histogram {
  readonly red: Uint32Array
  readonly green: Uint32Array
  readonly blue: Uint32Array
  /** BT.709 luma of the values as they are stored. */
  readonly luma: Uint32Array
  readonly pixels: number
}

/** @param data RGBA, 8 bits; pixels without any opacity are not counted */
export function addToHistogram(histogram: Histogram | undefined, data: Uint8ClampedArray): Histogram {
  const { red, green, blue, luma, pixels } = histogram ?? emptyHistogram()
  let counted = pixels
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!]
    red[r]!++
    green[g]!++
    blue[b]!++
    luma[Math.round(0.2126 * r + 0.7152 * g + 0.0722 * b)]!++
    counted++
  }
  return { red, green, blue, luma, pixels: counted }
}

function emptyHistogram(): Histogram {
  const values = () => new Uint32Array(256)
  return { red: values(), green: values(), blue: values(), luma: values(), pixels: 0 }
}

/** Middle of the values, and the parts of the picture, 0..1, that are as dark or as light as can be. */
export function describeHistogram({ luma, pixels }: Histogram): { mean: number; dark: number; light: number } {
  if (pixels === 0) return { mean: 0, dark: 0, light: 0 }
  const sum = luma.reduce((total, count, value) => total + count * value, 0)
  return { mean: sum / pixels, dark: luma[0]! / pixels, light: luma[255]! / pixels }
}

/** The outline of a channel as an SVG path in a box of 256 × `height`; the highest peak but the ends fills it. */
export function histogramPath(values: Uint32Array, peak: number, height: number): string {
  const points = Array.from(values, (count, x) => {
    const y = height - Math.min(1, count / Math.max(1, peak)) * height
    return `${x} ${y.toFixed(1)}`
  })
  return `M0 ${height}L${points.join('L')}L255 ${height}Z`
}

/** What fills the height: the fourth highest count, so that a few spikes, such as pure white, do not flatten the rest. */
export function peakOf(channels: readonly Uint32Array[]): number {
  const counts = channels.flatMap((values) => Array.from(values.subarray(1, 255)))
  return Math.max(1, counts.sort((a, b) => b - a)[3 * channels.length] ?? 1)
}
