import { expect, test } from 'vitest'
import { maskPreview } from '../../../nodes/mask/mask-preview.ts'
import { maskToImage } from '../../../nodes/mask/mask-to-image.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

const context = testContext()

test('a mask as a picture is grey, and shown', async () => {
  const { IMAGE } = await maskToImage.run({ mask: mask(2, 1, [0.25, 1]) }, {}, context)
  expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [0.25, 0.25, 0.25, 1, 1, 1] })
  const { ui } = await maskPreview.run({ mask: mask(2, 1, [0.25, 1]) }, {}, testContext())
  expect(ui?.images).toHaveLength(1)
})
