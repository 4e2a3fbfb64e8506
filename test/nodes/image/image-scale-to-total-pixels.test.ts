import { expect, test } from 'vitest'
import { imageScaleToTotalPixels } from '../../../nodes/image/image-scale-to-total-pixels.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, first } from '../frames.ts'

const context = testContext()

test.each([
  [300, 200, 1, 1, [1254, 836]],
  [300, 200, 0.01, 1, [125, 84]],
  [300, 200, 0.01, 64, [128, 64]],
])(
  'a picture is scaled: %i × %i to %d megapixels in steps of %i',
  async (width, height, megapixels, resolution_steps, expected) => {
    const image = batch(noiseFrame(width, height, 1))
    const settings = { upscale_method: 'nearest-exact', megapixels, resolution_steps } as const
    const { IMAGE } = await imageScaleToTotalPixels.run({ image }, settings, context)
    expect(first(IMAGE).size).toEqual([...expected, 1])
  },
)
