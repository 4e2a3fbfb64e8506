import { z } from 'zod'
import { cutTile } from '../pixels/tiles.ts'
import { checkOverlap } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import { tileLayout } from '../sdk/tile-spans.ts'
import type { Frame } from '../sdk/values.ts'
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
    const { width, height } = sizeOfAll(image.frames)
    const layout = tileLayout(width, height, tile_size, overlap)
    const tiles = layout.rows.flatMap((_, row) =>
      layout.columns.map((_, column) => ({ frames: image.frames.map((frame) => cutTile(frame, layout, row, column)) })),
    )
    return { tiles, layout }
  },
})

/** One layout holds for all pictures of a batch. */
function sizeOfAll(frames: readonly Frame[]): Pick<Frame, 'width' | 'height'> {
  const { width, height } = frames[0]!
  const other = frames.find((frame) => frame.width !== width || frame.height !== height)
  if (other === undefined) return { width, height }
  throw new RestorationError(
    'invalid_input',
    `Expected pictures of one size, ${width} × ${height}, but received one of ${other.width} × ${other.height}.`,
    'Bring them to one size with ImageScale, or feed them one by one with RebatchImages.',
  )
}
