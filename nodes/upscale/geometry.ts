import type { Span, TileLayout, UpscaleModel } from '../sdk/values.ts'

/** The same tiles after each side has grown by a whole factor. */
export function scaledLayout(layout: TileLayout, scale: number): TileLayout {
  const grow = ({ start, end }: Span): Span => ({ start: start * scale, end: end * scale })
  return {
    width: layout.width * scale,
    height: layout.height * scale,
    tile: layout.tile * scale,
    overlap: layout.overlap * scale,
    columns: layout.columns.map(grow),
    rows: layout.rows.map(grow),
  }
}

/** What is asked for, unless the graph has one size of its own: then tiles fit into it. */
export function tileSizeFor(
  { size }: Pick<UpscaleModel, 'size'>,
  tile: number,
  overlap: number,
): { readonly tile: number; readonly overlap: number } {
  if (size === undefined) return { tile, overlap }
  const side = 8 * Math.floor(Math.min(size.width, size.height) / 8)
  return { tile: side, overlap: Math.min(overlap, 8 * Math.floor(side / 32)) }
}
