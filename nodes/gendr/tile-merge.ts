import { z } from 'zod'
import { TileMerger } from '../pixels/tiles.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Image, TileLayout } from '../sdk/values.ts'

export const tileMerge = defineNode({
  id: 'TileMerge',
  title: 'Merge Tiles',
  summary: 'Puts tiles back together, blended over their overlaps. Untouched tiles give the very same picture.',
  inputs: { tiles: { type: 'IMAGE' }, layout: { type: 'TILE_LAYOUT' } },
  parameters: z.object({}),
  outputs: { image: { type: 'IMAGE' } },
  listInput: true,
  run({ tiles, layout: layouts }) {
    const layout = layouts[0]!
    checkTiles(tiles, layout)
    const frames = tiles[0]!.frames.map((_, index) => {
      const merger = new TileMerger(layout)
      for (const tile of tiles) merger.add(tile.frames[index]!)
      return merger.finish()
    })
    return { image: { frames } }
  },
})

function checkTiles(tiles: readonly Image[], { rows, columns }: TileLayout): void {
  const refuse = (expected: string, received: string) =>
    new RestorationError(
      'invalid_input',
      `Expected ${expected} but received ${received}.`,
      'Feed the tiles and the layout of the same Split into Tiles, and keep the size of each tile.',
    )
  const count = rows.length * columns.length
  if (tiles.length !== count) throw refuse(`${count} tiles (${columns.length} × ${rows.length})`, String(tiles.length))
  const first = tiles[0]!.frames
  tiles.forEach(({ frames }, i) => {
    const row = rows[Math.floor(i / columns.length)]!
    const column = columns[i % columns.length]!
    const width = column.end - column.start
    const height = row.end - row.start
    if (frames.length !== first.length) throw refuse(`${first.length} frames in tile ${i}`, String(frames.length))
    for (const [index, frame] of frames.entries()) {
      if (frame.width !== width || frame.height !== height) {
        throw refuse(`tile ${i} of ${width} × ${height}`, `${frame.width} × ${frame.height}`)
      }
      const { channels, data } = first[index]!
      if (frame.channels !== channels || frame.data.constructor !== data.constructor) {
        throw refuse(`tile ${i} with the channels and depth of the first`, `${frame.channels} channels`)
      }
    }
  })
}
