import { describe, expect, test } from 'vitest'
import { gendrUnet } from '../../../nodes/gendr/gendr-unet.ts'
import { vae16Decode } from '../../../nodes/gendr/vae16-decode.ts'
import { vae16Encode } from '../../../nodes/gendr/vae16-encode.ts'
import type { GendrModel } from '../../../nodes/sdk/values.ts'
import { exactModel, noiseFrame, testContext } from '../context.ts'

const settings = { scale: 3, tile_size: 64, overlap: 16, color_transfer: 'wavelet', strength: 0.7, grain: 0.5 } as const

describe('a latent', () => {
  test.each([4, 16])('that was encoded with a factor of 8 is refused by a model of %i', async (factor) => {
    const context = testContext()
    const { latent } = await vae16Encode.run(
      { image: { frames: [noiseFrame(20, 30)] }, model: exactModel },
      {},
      context,
    )
    const model: GendrModel = {
      ...exactModel,
      name: 'other',
      manifest: { ...exactModel.manifest, factor, paddingMultiple: 64 },
    }
    const refusal = {
      code: 'invalid_input',
      message: `Expected a latent with a sample for ${factor} × ${factor} pixels, as model 'other' has them, but received one with a sample for 8 × 8.`,
    }
    await expect(gendrUnet.run({ latent, model }, settings, context)).rejects.toMatchObject(refusal)
    await expect(vae16Decode.run({ latent, model }, {}, context)).rejects.toMatchObject(refusal)
  })

  test('is decoded by a model that pads to another multiple', async () => {
    const context = testContext()
    const { latent } = await vae16Encode.run(
      { image: { frames: [noiseFrame(20, 30)] }, model: exactModel },
      {},
      context,
    )
    const model: GendrModel = { ...exactModel, manifest: { ...exactModel.manifest, paddingMultiple: 8 } }
    expect((await vae16Decode.run({ latent, model }, {}, context)).image.frames).toMatchObject([
      { width: 20, height: 30 },
    ])
  })
})
