import { describe, expect, test } from 'vitest'
import { colorTransfer } from '../../../nodes/gendr/color-transfer.ts'
import { gendrRestore } from '../../../nodes/gendr/gendr-restore.ts'
import { gendrUnet } from '../../../nodes/gendr/gendr-unet.ts'
import { tileMerge } from '../../../nodes/gendr/tile-merge.ts'
import { tileSplit } from '../../../nodes/gendr/tile-split.ts'
import { vae16Decode } from '../../../nodes/gendr/vae16-decode.ts'
import { vae16Encode } from '../../../nodes/gendr/vae16-encode.ts'
import { imageScaleBy } from '../../../nodes/image/image-scale-by.ts'
import { withGrain } from '../../../nodes/pixels/grain.ts'
import { toDepth } from '../../../nodes/pixels/samples.ts'
import type { GendrModel, Image } from '../../../nodes/sdk/values.ts'
import { exactModel, gatedModel, noiseFrame, testContext, whereOf } from '../context.ts'

const settings = { scale: 3, tile_size: 64, overlap: 16, color_transfer: 'wavelet', strength: 0.7, grain: 0.5 } as const

async function chain(image: Image, model: GendrModel, method: 'wavelet' | 'model'): Promise<Image> {
  const context = testContext()
  const scaled = await imageScaleBy.run({ image }, { upscale_method: 'bicubic', scale_by: settings.scale }, context)
  const { tiles, layout } = await tileSplit.run({ image: scaled.IMAGE }, settings, context)
  const restored = []
  for (const tile of tiles) {
    const encoded = await vae16Encode.run({ image: tile, model }, {}, context)
    const stepped = await gendrUnet.run({ latent: encoded.latent, model }, settings, context)
    restored.push((await vae16Decode.run({ latent: stepped.latent, model }, {}, context)).image)
  }
  const merged = await tileMerge.run({ tiles: restored, layout: [layout] }, {}, context)
  const reference = scaled.IMAGE
  const transferred = await colorTransfer.run(
    { image: merged.image, reference, model },
    { method, levels: 5, grain: settings.grain },
    context,
  )
  return transferred.image
}

type Run = ReturnType<typeof testContext>['inference']['run']

/** A context whose models answer otherwise than `run`, which is theirs. */
function answering(answer: (run: Run, ...given: Parameters<Run>) => ReturnType<Run>) {
  const context = testContext()
  const { inference } = context
  return {
    ...context,
    inference: { ...inference, run: (...given: Parameters<Run>) => answer(inference.run, ...given) },
  }
}

describe('GenDRRestore', () => {
  test.each([
    ['with the colours of the input', exactModel, 'wavelet'],
    ["with the model's own transfer", gatedModel, 'model'],
  ] as const)(
    'is the chain of the single nodes %s, on a size that is a multiple of nothing',
    async (_, model, method) => {
      const image = { frames: [noiseFrame(51, 47)] }
      const single = await gendrRestore.run({ image, model }, { ...settings, color_transfer: method }, testContext())
      const [expected] = (await chain(image, model, method)).frames
      const [actual] = single.image.frames
      expect([actual!.width, actual!.height]).toEqual([153, 141])
      expect(actual!.data).toEqual(expected!.data)
    },
  )

  test("the grain of the model's setting can be left out", async () => {
    const image = { frames: [noiseFrame(40, 24)] }
    const restored = (model: GendrModel, grain: number) =>
      gendrRestore.run({ image, model }, { ...settings, color_transfer: 'model', grain }, testContext())
    const without = await restored({ ...gatedModel, grain: 0 }, 1)
    expect(await restored(gatedModel, 0)).toEqual(without)
    expect(await restored(gatedModel, 1)).not.toEqual(without)
    expect(await restored(gatedModel, 0.5)).toEqual(await restored({ ...gatedModel, grain: gatedModel.grain / 2 }, 1))
  })

  test("the grain goes where the model's transfer says", async () => {
    const image = { frames: [noiseFrame(40, 24)] }
    const restored = (grain: number) =>
      gendrRestore.run({ image, model: gatedModel }, { ...settings, color_transfer: 'model', grain }, testContext())
    const frames = (await restored(0)).image.frames.map((frame) =>
      withGrain(frame, whereOf(frame.width * frame.height), 3 * gatedModel.grain),
    )
    expect((await restored(3)).image).toEqual({ frames })
  })

  test('a model that asks for grain without saying where is refused, and works without grain', async () => {
    const image = { frames: [noiseFrame(40, 24)] }
    const silent = answering(async (run, ...given) => {
      const { data, dims } = await run(...given)
      const [, , height = 0, width = 0] = dims
      return given[1] === 'transferAll' ? { data, dims: [1, 3, height, width] } : { data, dims }
    })
    const restored = (grain: number) =>
      gendrRestore.run({ image, model: gatedModel }, { ...settings, color_transfer: 'model', grain }, silent)
    await expect(restored(1)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringMatching(/gated.*where grain goes/),
    })
    expect((await restored(0)).image.frames).toHaveLength(1)
  })

  test('a model that predicts the noise exactly gives the picture back', async () => {
    const image = { frames: [noiseFrame(70, 30)] }
    const exact = answering(async (run, model, part, input) =>
      part === 'unet' && 'dims' in input
        ? { data: input.data.map((z) => (Math.SQRT2 - 1) * z), dims: input.dims }
        : run(model, part, input),
    )
    const { image: result } = await gendrRestore.run(
      { image, model: exactModel },
      { ...settings, scale: 1, strength: 1 },
      exact,
    )
    result.frames[0]!.data.forEach((value, i) => {
      expect(value * 255).toBeCloseTo(image.frames[0]!.data[i]!, 2)
    })
  })

  test('a picture of 16 bits stays one', async () => {
    const image = { frames: [toDepth(noiseFrame(24, 20), 'uint16')] }
    const { image: restored } = await gendrRestore.run({ image, model: exactModel }, settings, testContext())
    expect(restored.frames[0]!.data).toBeInstanceOf(Uint16Array)
    expect(restored.frames).toEqual((await chain(image, exactModel, 'wavelet')).frames)
  })

  test('several pictures come at their depth, as the very samples that one alone would be saved with', async () => {
    const frames = [noiseFrame(24, 20, 3, 1), toDepth(noiseFrame(24, 20, 3, 2), 'uint16')]
    const restored = async (...frames: Image['frames']) =>
      (await gendrRestore.run({ image: { frames }, model: exactModel }, settings, testContext())).image.frames
    const [[first], [second]] = [await restored(frames[0]!), await restored(frames[1]!)]
    expect(first!.data).toBeInstanceOf(Float32Array)
    expect(await restored(...frames)).toEqual([toDepth(first!, 'uint8'), second])
    expect((await chain({ frames }, exactModel, 'wavelet')).frames).toEqual(await restored(...frames))
  })

  test('refuses pictures that together would need too much memory before it works, and says how much is too much', async () => {
    const context = testContext({}, 10_000)
    const run = (frames: Image['frames']) =>
      gendrRestore.run({ image: { frames }, model: exactModel }, { ...settings, scale: 2 }, context)
    const frames = Array.from({ length: 5 }, (_, i) => noiseFrame(50, 40, 3, i))
    await expect(run(frames)).resolves.toBeDefined()
    const steps = context.steps.length
    await expect(run([...frames, frames[0]!])).rejects.toMatchObject({
      code: 'image_too_large',
      message: 'Expected pictures of at most 40000 pixels together but the 6 would have 48000 pixels.',
    })
    const deep = frames.slice(0, 3).map((frame) => toDepth(frame, 'uint16'))
    await expect(run(deep)).rejects.toMatchObject({ message: expect.stringContaining('at most 20000 pixels together') })
    expect(context.steps).toHaveLength(steps)
  })

  test('reports each tile', async () => {
    const context = testContext()
    await gendrRestore.run({ image: { frames: [noiseFrame(40, 40)] }, model: exactModel }, settings, context)
    expect(context.steps[0]).toEqual([0, 9])
    expect(context.steps.at(-1)).toEqual([9, 9])
  })

  test('refuses an overlap of more than half a tile, by name', async () => {
    const image = { frames: [noiseFrame(8, 8)] }
    await expect(
      gendrRestore.run({ image, model: exactModel }, { ...settings, overlap: 40 }, testContext()),
    ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('40') })
  })

  test('refuses a result above the pixel limit before it works', async () => {
    const image = { frames: [noiseFrame(40, 40)] }
    await expect(
      gendrRestore.run({ image, model: exactModel }, settings, testContext({}, 10_000)),
    ).rejects.toMatchObject({ code: 'image_too_large' })
  })
})
