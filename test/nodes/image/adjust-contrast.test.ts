import { expect, test } from 'vitest'
import { adjustContrast } from '../../../nodes/image/adjust-contrast.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

test('contrast moves away from grey, alpha stays', async () => {
  const images = batch(bytes(1, 1, 4, [100, 200, 51, 9]))
  const harder = await adjustContrast.run({ images }, { factor: 2 }, context)
  expect(first(harder.images).samples).toEqual([73, 255, 0, 9])
})
