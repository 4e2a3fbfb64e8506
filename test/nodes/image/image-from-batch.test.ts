import { expect, test } from 'vitest'
import { imageFromBatch } from '../../../nodes/image/image-from-batch.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes } from '../frames.ts'

const context = testContext()
const [a, b, c] = [1, 2, 3].map((value) => bytes(1, 1, 1, [value])) as [never, never, never]

const values = ({ frames }: Image) => frames.map(({ data }) => data[0])

test.each([
  [0, 1, [1]],
  [-1, 5, [3]],
  [1, 9, [2, 3]],
  [7, 1, [3]],
  [-9, 2, [1, 2]],
])('of a batch is taken: from %i, %i of it', async (batch_index, length, expected) => {
  expect(values((await imageFromBatch.run({ image: batch(a, b, c) }, { batch_index, length }, context)).IMAGE)).toEqual(
    expected,
  )
})
