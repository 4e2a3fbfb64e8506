import type { Span, TileLayout } from './values.ts'

/** Tiles start on multiples of this many pixels, so that they fall on whole latent samples. */
const TILE_STEP = 8

/** Tiles that need not be whole are a multiple of this: no model of the family then pads them. */
const WHOLE = 64

/**
 * Covers [0, length) with as few spans of at most `tile` as it takes, evenly spread, starting on multiples of 8,
 * neighbours overlapping by at least `overlap`; the last span ends exactly at `length`. The spans are the shortest multiple of 64 with
 * which as many do, so that overlaps do not grow into work done twice.
 * @param tile larger than `overlap` by at least 8
 */
export function tileSpans(length: number, tile: number, overlap: number): readonly Span[] {
  if (length <= tile) return [{ start: 0, end: length }]
  const gaps = gapsBetween(length, tile, overlap)
  let span = Math.min(tile, WHOLE * Math.ceil((length + gaps * overlap) / (gaps + 1) / WHOLE))
  while (gapsBetween(length, span, overlap) > gaps) span = Math.min(tile, span + WHOLE)
  const last = lastStep(length, span)
  return Array.from({ length: gaps + 1 }, (_, i) => {
    const start = TILE_STEP * Math.floor((i * last) / gaps)
    return { start, end: Math.min(start + span, length) }
  })
}

/** How often spans of this length have to go on, by so many whole steps that they overlap enough, until they reach the end. */
function gapsBetween(length: number, span: number, overlap: number): number {
  return Math.ceil(lastStep(length, span) / Math.floor((span - overlap) / TILE_STEP))
}

/** The first step from which a span reaches the end. */
function lastStep(length: number, span: number): number {
  return Math.ceil((length - span) / TILE_STEP)
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
