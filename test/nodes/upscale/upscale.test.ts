import { describe, expect, test } from 'vitest'
import type { Frame, Image, Samples } from '../../../nodes/sdk/values.ts'
import { tileSizeFor } from '../../../nodes/upscale/geometry.ts'
import { imageUpscaleWithModel } from '../../../nodes/upscale/image-upscale-with-model.ts'
import { upscaleTile } from '../../../nodes/upscale/upscale-tile.ts'
import { doublingModel, testContext } from '../context.ts'

function picture(width: number, height: number, make: (length: number) => Samples, channels: 1 | 3 | 4 = 3): Frame {
  const data = make(width * height * channels)
  for (let i = 0; i < data.length; i++) data[i] = (i * 37 + Math.floor(i / 97) * 11) % 251
  return { width, height, channels, data }
}

async function doubled(frame: Frame, settings: { tile_size: number; overlap: number }): Promise<Frame> {
  const inputs = { upscale_model: doublingModel, image: { frames: [frame] } }
  const { image } = await imageUpscaleWithModel.run(inputs, settings, testContext())
  return image.frames[0]!
}

describe('a picture through an upscaler', () => {
  test.each([
    [1, 1],
    [63, 65],
    [200, 70],
    [131, 257],
  ])('of %i × %i in tiles is what it is at once, and odd sides come back', async (width, height) => {
    const frame = picture(width, height, (length) => new Uint8Array(length))
    const tiled = await doubled(frame, { tile_size: 64, overlap: 16 })
    expect([tiled.width, tiled.height]).toEqual([2 * width, 2 * height])
    expect(tiled.data).toBeInstanceOf(Uint8Array)
    for (let i = 0; i < tiled.data.length; i++) {
      const [c, x, y] = [i % 3, Math.floor(i / 3) % tiled.width, Math.floor(i / 3 / tiled.width)]
      const from = (Math.floor(y / 2) * width + Math.floor(x / 2)) * 3 + c
      if (tiled.data[i] !== frame.data[from]) expect([x, y, tiled.data[i]]).toEqual([x, y, frame.data[from]])
    }
  })

  test('is shown on the way: what is done over what is not yet', async () => {
    const frame = picture(200, 180, (length) => new Uint8Array(length))
    const previews: Frame[] = []
    const context = {
      ...testContext(),
      progress: (_value: number, _max: number, preview?: Image) => void previews.push(...(preview?.frames ?? [])),
    }
    const inputs = { upscale_model: doublingModel, image: { frames: [frame] } }
    const { image } = await imageUpscaleWithModel.run(inputs, { tile_size: 64, overlap: 16 }, context)
    expect(previews.length).toBeGreaterThan(3)
    // The model repeats pixels, as a preview does with those of the picture that is enlarged.
    for (const { width, height, data } of previews) {
      expect([width, height]).toEqual([400, 360])
      expect(
        Buffer.from(data.map((value) => Math.round(255 * value))).equals(image.frames[0]!.data as Uint8Array),
      ).toBe(true)
    }
  })

  test('keeps 16 bits', async () => {
    const frame = picture(20, 10, (length) => new Uint16Array(length))
    frame.data[0] = 65535
    const { data } = await doubled(frame, { tile_size: 64, overlap: 16 })
    expect(data).toBeInstanceOf(Uint16Array)
    expect(data[0]).toBe(65535)
    expect(data[6]).toBe(frame.data[3])
  })

  test.each([1, 4] as const)('of %i channels becomes RGB', async (channels) => {
    const { channels: count, data } = await doubled(
      picture(8, 8, (n) => new Uint8Array(n), channels),
      {
        tile_size: 64,
        overlap: 16,
      },
    )
    expect([count, data.length]).toEqual([3, 16 * 16 * 3])
  })

  test('larger than the limit is refused before anything runs', async () => {
    const frame = picture(60, 60, (n) => new Uint8Array(n))
    for (const [count, limit] of [
      [1, 14_000],
      [5, 15_000],
    ] as const) {
      const inputs = { upscale_model: doublingModel, image: { frames: Array.from({ length: count }, () => frame) } }
      const context = testContext({}, limit)
      const run = imageUpscaleWithModel.run(inputs, { tile_size: 64, overlap: 16 }, context)
      await expect(run).rejects.toMatchObject({ code: 'image_too_large' })
      expect(context.steps).toEqual([])
    }
  })

  test('tells of each tile', async () => {
    const context = testContext()
    const inputs = { upscale_model: doublingModel, image: { frames: [picture(100, 40, (n) => new Uint8Array(n))] } }
    await imageUpscaleWithModel.run(inputs, { tile_size: 64, overlap: 16 }, context)
    expect(context.steps).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
    ])
  })
})

test('a network of one channel takes red, green and blue by themselves', async () => {
  const context = testContext()
  const frame = picture(6, 4, (length) => new Uint8Array(length))
  const single = { ...doublingModel, channels: 1 as const }
  const { data } = await upscaleTile(frame, single, context)
  const three = await upscaleTile(frame, doublingModel, context)
  expect(data).toEqual(three.data)
})

test('tiles fit a graph of one size, and small pictures are padded to it', async () => {
  expect(tileSizeFor({ size: { width: 130, height: 100 } }, 512, 32)).toEqual({ tile: 96, overlap: 24 })
  expect(tileSizeFor({}, 512, 32)).toEqual({ tile: 512, overlap: 32 })
  const fixed = { ...doublingModel, size: { width: 16, height: 12 } }
  const { width, height } = await upscaleTile(
    picture(5, 3, (n) => new Uint8Array(n)),
    fixed,
    testContext(),
  )
  expect([width, height]).toEqual([10, 6])
})
