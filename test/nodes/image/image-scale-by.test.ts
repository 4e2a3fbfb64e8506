import { expect, test } from 'vitest'
import { imageScaleBy } from '../../../nodes/image/image-scale-by.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, first } from '../frames.ts'

const context = testContext()

test('a picture is scaled by a half as Python rounds', async () => {
  const image = batch(noiseFrame(5, 7, 1))
  const { IMAGE } = await imageScaleBy.run({ image }, { upscale_method: 'area', scale_by: 0.5 }, context)
  expect(first(IMAGE).size).toEqual([2, 4, 1])
})
