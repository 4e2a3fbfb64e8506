import { describe, expect, test } from 'vitest'
import { tileMerge } from '../../../nodes/gendr/tile-merge.ts'
import { tileSplit } from '../../../nodes/gendr/tile-split.ts'
import { toDepth } from '../../../nodes/pixels/samples.ts'
import { noiseFrame, testContext } from '../context.ts'

describe('TileMerge', () => {
  test('gives back pictures of several depths', async () => {
    const frames = [noiseFrame(100, 80), toDepth(noiseFrame(100, 80), 'uint16')]
    const context = testContext()
    const { tiles, layout } = await tileSplit.run({ image: { frames } }, { tile_size: 64, overlap: 8 }, context)
    expect((await tileMerge.run({ tiles, layout: [layout] }, {}, context)).image.frames).toEqual(frames)
  })

  test('refuses tiles of another layout', async () => {
    const context = testContext()
    const { tiles, layout } = await tileSplit.run(
      { image: { frames: [noiseFrame(100, 100)] } },
      { tile_size: 64, overlap: 8 },
      context,
    )
    expect(() => tileMerge.run({ tiles: tiles.slice(1), layout: [layout] }, {}, context)).toThrow(/4 tiles/)
    const [first, ...rest] = tiles
    const cut = { frames: [{ ...first!.frames[0]!, width: 63 }] }
    expect(() => tileMerge.run({ tiles: [cut, ...rest], layout: [layout] }, {}, context)).toThrow(/tile 0 of 64 × 64/)
  })
})
