/** How a line of a PNG is predicted from what lies left of it and above it (PNG specification 3rd ed., 9.2). */
export const PNG_FILTERS = ['none', 'up', 'average', 'paeth'] as const

export type PngFilter = (typeof PNG_FILTERS)[number]

const NUMBERS: Readonly<Record<PngFilter, number>> = { none: 0, up: 2, average: 3, paeth: 4 }

/**
 * Lines with the number of their filter in front, as a PNG deflates them.
 * @param bytes the lines and before them the one above, zeros where there is none
 * @param size bytes of a line and of a pixel
 */
export function filterRows(
  bytes: Uint8Array,
  { stride, pixel }: { readonly stride: number; readonly pixel: number },
  filter: PngFilter,
): Uint8Array {
  const lines = bytes.length / stride - 1
  const out = Buffer.allocUnsafe(lines * (stride + 1))
  for (let y = 0; y < lines; y++) {
    const to = y * (stride + 1)
    out[to] = NUMBERS[filter]
    FILTERS[filter](bytes, (y + 1) * stride, stride, pixel, out, to + 1)
  }
  return out
}

/** Filters the line at `at` of `bytes` into `out` at `to`; the line above lies one stride before it. */
type LineFilter = (bytes: Uint8Array, at: number, stride: number, pixel: number, out: Uint8Array, to: number) => void

const FILTERS: Readonly<Record<PngFilter, LineFilter>> = {
  none(bytes, at, stride, _pixel, out, to) {
    out.set(bytes.subarray(at, at + stride), to)
  },

  up(bytes, at, stride, _pixel, out, to) {
    for (let i = 0; i < stride; i++) out[to + i] = bytes[at + i]! - bytes[at + i - stride]!
  },

  average(bytes, at, stride, pixel, out, to) {
    for (let i = 0; i < pixel; i++) out[to + i] = bytes[at + i]! - (bytes[at + i - stride]! >> 1)
    for (let i = pixel; i < stride; i++) {
      out[to + i] = bytes[at + i]! - ((bytes[at + i - pixel]! + bytes[at + i - stride]!) >> 1)
    }
  },

  paeth(bytes, at, stride, pixel, out, to) {
    for (let i = 0; i < pixel; i++) out[to + i] = bytes[at + i]! - bytes[at + i - stride]!
    for (let i = pixel; i < stride; i++) {
      const left = bytes[at + i - pixel]!
      const above = bytes[at + i - stride]!
      const corner = bytes[at + i - stride - pixel]!
      const byLeft = above - corner
      const byAbove = left - corner
      const byCorner = byLeft + byAbove
      const a = (byLeft ^ (byLeft >> 31)) - (byLeft >> 31)
      const b = (byAbove ^ (byAbove >> 31)) - (byAbove >> 31)
      const c = (byCorner ^ (byCorner >> 31)) - (byCorner >> 31)
      // All ones where the left sample is not the nearest, and where the corner is nearer than the one above: in grain
      // no processor can guess which, so there are no branches.
      const notLeft = ((b - a) | (c - a)) >> 31
      const isCorner = (c - b) >> 31
      const nearest = (left & ~notLeft) | (notLeft & ((above & ~isCorner) | (corner & isCorner)))
      out[to + i] = bytes[at + i]! - nearest
    }
  },
}
