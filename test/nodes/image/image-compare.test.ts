import { expect, test } from 'vitest'
import { imageCompare } from '../../../nodes/image/image-compare.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

test('both pictures are shown, each under its own name, and one of them alone too', async () => {
  const [image_a, image_b] = [batch(noiseFrame(3, 2)), batch(noiseFrame(2, 3), noiseFrame(2, 3))]
  const { ui } = await imageCompare.run({ image_a, image_b }, {}, testContext())
  expect([ui?.a_images, ui?.b_images].map((files) => (files as unknown[]).length)).toEqual([1, 2])
  const alone = await imageCompare.run({ image_a: undefined, image_b: image_a }, {}, testContext())
  expect(alone.ui).toMatchObject({ a_images: [], b_images: [{ type: 'temp' }] })
})
