import { expect, test } from 'vitest'
import { adjustBrightness } from '../../../nodes/image/adjust-brightness.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

test('brightness multiplies, alpha stays', async () => {
  const images = batch(bytes(1, 1, 4, [100, 200, 51, 9]))
  const brighter = await adjustBrightness.run({ images }, { factor: 1.5 }, context)
  expect(first(brighter.images).samples).toEqual([150, 255, 77, 9])
})
