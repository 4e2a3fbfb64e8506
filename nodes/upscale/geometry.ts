import type { UpscaleModel } from '../sdk/values.ts'

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
