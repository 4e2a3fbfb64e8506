import type { Span, TileLayout } from './values.ts'

/** Tiles start on multiples of this many pixels, so that they fall on whole latent samples. */
export const TILE_STEP = 8

/**
 * Covers [0, length) with spans of at most `tile`, evenly spread, starting on multiples of 8, neighbours overlapping
 * by at least `overlap`; the last span ends exactly at `length`.
 * n = ⌈(L − o) / (t − o)⌉ spans, startᵢ = 8·⌊i·(L − t) / (8·(n − 1))⌋ with the last one rounded up; n grows while
 * rounding leaves a pair with too little overlap.
 * @param tile a multiple of 8, larger than `overlap` by at least 8
 */
export function tileSpans(length: number, tile: number, overlap: number): readonly Span[] {
  if (length <= tile) return [{ start: 0, end: length }]
  for (let count = Math.ceil((length - overlap) / (tile - overlap)); ; count++) {
    const spans = spread(length, tile, count)
    if (spans.every((span, i) => i === 0 || spans[i - 1]!.end - span.start >= overlap)) return spans
  }
}

function spread(length: number, tile: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => {
    const ideal = (i * (length - tile)) / (count - 1) / TILE_STEP
    const start = TILE_STEP * (i === count - 1 ? Math.ceil(ideal) : Math.floor(ideal))
    return { start, end: Math.min(start + tile, length) }
  })
}

/** How a picture is cut into tiles of `tile` pixels with at least `overlap` between neighbours. */
export function tileLayout(width: number, height: number, tile: number, overlap: number): TileLayout {
  return {
    width,
    height,
    tile,
    overlap,
    columns: tileSpans(width, tile, overlap),
    rows: tileSpans(height, tile, overlap),
  }
}
