import type { Graph } from './graph.ts'

const WHOLE = { tile: Number.POSITIVE_INFINITY, overlap: 0 }

/** How a graph cuts pictures into tiles: as its first node that has both parameters says; without one, not at all. */
export function tilesOf(graph: Graph): { readonly tile: number; readonly overlap: number } {
  for (const { params } of graph.nodes.values()) {
    const { tile_size: tile, overlap } = params
    if (typeof tile === 'number' && typeof overlap === 'number' && overlap >= 0 && tile > overlap + 8) {
      return { tile, overlap }
    }
  }
  return WHOLE
}
