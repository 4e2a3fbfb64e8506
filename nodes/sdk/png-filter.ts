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
      const a = byLeft < 0 ? -byLeft : byLeft
      const b = byAbove < 0 ? -byAbove : byAbove
      const c = byCorner < 0 ? -byCorner : byCorner
      out[to + i] = bytes[at + i]! - (a <= b && a <= c ? left : b <= c ? above : corner)
    }
  },
}
