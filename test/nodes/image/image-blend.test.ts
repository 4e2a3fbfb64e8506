import { describe, expect, test } from 'vitest'
import { imageBlend } from '../../../nodes/image/image-blend.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats } from '../frames.ts'

const context = testContext()

describe('two pictures are blended', () => {
  const image1 = batch(floats(2, 1, 1, [0.2, 0.8]))
  const image2 = batch(floats(2, 1, 1, [0.6, 0.4]))

  test.each([
    ['normal', [0.6, 0.4]],
    ['multiply', [0.12, 0.32]],
    ['screen', [0.68, 0.88]],
    ['overlay', [0.24, 0.76]],
    // 0.2 + 0.2 · (g(0.2) − 0.2) with g(0.2) = ((16·0.2 − 12)·0.2 + 4)·0.2 = 0.448; 0.8 − 0.2·0.8·0.2
    ['soft_light', [0.2496, 0.768]],
    ['difference', [0, 0.4]],
  ] as const)('in mode %s', async (blend_mode, samples) => {
    const { IMAGE } = await imageBlend.run({ image1, image2 }, { blend_mode, blend_factor: 1 }, context)
    expect(first(IMAGE).samples).toEqual(samples)
  })

  test('by a factor; alpha is that of the first, the size too', async () => {
    const opaque = batch(bytes(1, 1, 4, [100, 0, 0, 77]))
    const wide = batch(bytes(3, 1, 3, [9, 9, 9, 200, 100, 0, 9, 9, 9]))
    const { IMAGE } = await imageBlend.run(
      { image1: opaque, image2: wide },
      { blend_mode: 'normal', blend_factor: 0.25 },
      context,
    )
    expect(first(IMAGE)).toEqual({ size: [1, 1, 4], samples: [125, 25, 0, 77] })
  })

  test('keeping 16 bits of either', async () => {
    const deep = batch({ width: 1, height: 1, channels: 1, data: Uint16Array.of(1000) })
    const { IMAGE } = await imageBlend.run(
      { image1: batch(bytes(1, 1, 1, [0])), image2: deep },
      { blend_mode: 'normal', blend_factor: 0.5 },
      context,
    )
    expect(IMAGE.frames[0]!.data).toEqual(Uint16Array.of(500))
  })

  test('one with each of many, whichever is the one, but no two with three', async () => {
    const grey = (...levels: number[]) => batch(...levels.map((level) => bytes(1, 1, 1, [level])))
    const blend = async (image1: Image, image2: Image) => {
      const { IMAGE } = await imageBlend.run({ image1, image2 }, { blend_mode: 'normal', blend_factor: 0.5 }, context)
      return IMAGE.frames.map(({ data }) => data[0])
    }
    expect(await blend(grey(100), grey(0, 50, 200))).toEqual([50, 75, 150])
    expect(await blend(grey(0, 50, 200), grey(100))).toEqual([50, 75, 150])
    expect(await blend(grey(0, 100), grey(100, 200))).toEqual([50, 150])
    await expect(blend(grey(0, 0), grey(0, 0, 0))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('received 2 and 3'),
    })
  })
})
