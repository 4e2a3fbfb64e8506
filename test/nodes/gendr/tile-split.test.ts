import { describe, expect, test } from 'vitest'
import { tileSplit } from '../../../nodes/gendr/tile-split.ts'
import { noiseFrame, testContext } from '../context.ts'

describe('TileSplit', () => {
  test('refuses pictures of several sizes', () => {
    const image = { frames: [noiseFrame(200, 100), noiseFrame(100, 120)] }
    expect(() => tileSplit.run({ image }, { tile_size: 64, overlap: 8 }, testContext())).toThrow(
      /one size, 200 × 100, but received one of 100 × 120/,
    )
  })
})
