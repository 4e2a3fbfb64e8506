import { expect, test } from 'vitest'
import { imageScaleToMaxDimension } from '../../../nodes/image/image-scale-to-max-dimension.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, first } from '../frames.ts'

const context = testContext()

test.each([
  [30, 20, 15, [15, 10]],
  [20, 30, 15, [10, 15]],
  [9, 9, 4, [4, 4]],
  // 2.5 rounds to even, as in Python.
  [20, 5, 10, [10, 2]],
  [30, 20, 0, [30, 20]],
])('a picture is scaled: %i × %i to a longer side of %i', async (width, height, largest_size, expected) => {
  const image = batch(noiseFrame(width, height, 1))
  const settings = { upscale_method: 'area', largest_size } as const
  const { IMAGE } = await imageScaleToMaxDimension.run({ image }, settings, context)
  expect(first(IMAGE).size).toEqual([...expected, 1])
})
