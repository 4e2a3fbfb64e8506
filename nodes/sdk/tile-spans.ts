import type { Span, TileLayout } from './values.ts'

/** Tiles start on multiples of this many pixels, so that they fall on whole latent samples. */
const TILE_STEP = 8

/** Tiles that need not be whole are a multiple of this: no model of the family then pads them. */
const WHOLE = 64

/**
 * Covers [0, length) with as few spans of at most `tile` as it takes, evenly spread, starting on multiples of 8,
 * neighbours overlapping by at least `overlap`; the last span ends exactly at `length`. The spans are no longer than
 * that many need to be: t' = 64·⌈(L + (n − 1)·o) / 64n⌉, at most `tile`, so that overlaps do not grow into work done twice.
 * n = ⌈(L − o) / (t − o)⌉ spans, startᵢ = 8·⌊i·(L − t') / (8·(n − 1))⌋ with the last one rounded up; t' grows, then n,
 * while rounding leaves a pair with too little overlap.
 * @param tile a multiple of 8, larger than `overlap` by at least 8
 */
export function tileSpans(length: number, tile: number, overlap: number): readonly Span[] {
  if (length <= tile) return [{ start: 0, end: length }]
  for (let count = Math.ceil((length - overlap) / (tile - overlap)); ; count++) {
    const least = WHOLE * Math.ceil((length + (count - 1) * overlap) / count / WHOLE)
    for (let span = Math.min(tile, least); ; span = Math.min(tile, span + WHOLE)) {
      const spans = spread(length, span, count)
      if (spans.every(({ start }, i) => i === 0 || spans[i - 1]!.end - start >= overlap)) return spans
      if (span === tile) break
    }
  }
}

function spread(length: number, tile: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => {
    const ideal = (i * (length - tile)) / (count - 1) / TILE_STEP
    const start = TILE_STEP * (i === count - 1 ? Math.ceil(ideal) : Math.floor(ideal))
    return { start, end: Math.min(start + tile, length) }
  })
}

/** How a picture is cut into tiles of at most `tile` pixels with at least `overlap` between neighbours. */
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
