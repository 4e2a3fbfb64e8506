import { z } from 'zod'
import { checkOverlap } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { tileLayout } from '../sdk/tile-spans.ts'
import { cutTile } from '../sdk/tiles.ts'
import { overlap, tileSize } from './parameters.ts'

export const tileSplit = defineNode({
  id: 'TileSplit',
  title: 'Split into Tiles',
  summary: 'Cuts pictures of one size into overlapping tiles, which flow on as a list.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({ tile_size: tileSize, overlap }),
  outputs: {
    tiles: { type: 'IMAGE', list: true, tooltip: 'Row by row.' },
    layout: { type: 'TILE_LAYOUT', tooltip: 'For Merge Tiles.' },
  },
  run({ image }, { tile_size, overlap }) {
    checkOverlap(tile_size, overlap)
    const { width, height } = image.frames[0]!
    const layout = tileLayout(width, height, tile_size, overlap)
    const tiles = layout.rows.flatMap((_, row) =>
      layout.columns.map((_, column) => ({ frames: image.frames.map((frame) => cutTile(frame, layout, row, column)) })),
    )
    return { tiles, layout }
  },
})
