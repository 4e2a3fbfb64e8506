import { expect, test } from 'vitest'
import { emptyImage } from '../../../nodes/image/empty-image.ts'
import { testContext } from '../context.ts'
import { first } from '../frames.ts'

test('a batch of one colour is made, unless it would be too large', async () => {
  const { IMAGE } = await emptyImage.run({}, { width: 2, height: 1, batch_size: 3, color: 0xff8001 }, testContext())
  expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [255, 128, 1, 255, 128, 1] })
  expect(IMAGE.frames).toHaveLength(3)
  expect(() => emptyImage.run({}, { width: 99, height: 99, batch_size: 1, color: 0 }, testContext({}, 100))).toThrow(
    /at most 100 pixels but it would have 9801 pixels/,
  )
})
