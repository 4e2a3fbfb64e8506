import { expect, test } from 'vitest'
import { imageBatch } from '../../../nodes/image/image-batch.ts'
import { testContext } from '../context.ts'
import { batch, floats, shown } from '../frames.ts'

const context = testContext()

test('a batch is joined; what comes second is cut and scaled to the size of the first, and gets its alpha', async () => {
  const wide = batch(floats(4, 1, 1, [9, 0.25, 0.75, 9]))
  const { IMAGE } = await imageBatch.run({ image1: batch(floats(2, 1, 2, [0, 0.5, 1, 0])), image2: wide }, {}, context)
  expect(IMAGE.frames.map((frame) => shown(frame))).toEqual([
    { size: [2, 1, 2], samples: [0, 0.5, 1, 0] },
    { size: [2, 1, 2], samples: [0.25, 1, 0.75, 1] },
  ])
})
