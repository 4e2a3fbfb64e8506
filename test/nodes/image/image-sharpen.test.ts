import { expect, test } from 'vitest'
import { imageSharpen } from '../../../nodes/image/image-sharpen.ts'
import { testContext } from '../context.ts'
import { batch, floats } from '../frames.ts'

const context = testContext()

test('sharpening adds ten times alpha of what the blur lacks', async () => {
  const side = Math.exp(-0.5)
  const image = batch(floats(3, 1, 1, [0.4, 0.5, 0.5]))
  const { IMAGE } = await imageSharpen.run({ image }, { sharpen_radius: 1, sigma: 1, alpha: 0.1 }, context)
  const blurred = (0.5 + side * (0.4 + 0.5)) / (1 + 2 * side)
  expect(IMAGE.frames[0]!.data[1]).toBeCloseTo(0.5 + (0.5 - blurred), 6)
  const hard = await imageSharpen.run({ image }, { sharpen_radius: 1, sigma: 1, alpha: 5 }, context)
  expect(hard.IMAGE.frames[0]!.data[0]).toBe(0)
})
