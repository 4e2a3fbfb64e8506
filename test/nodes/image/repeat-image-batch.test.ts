import { expect, test } from 'vitest'
import { repeatImageBatch } from '../../../nodes/image/repeat-image-batch.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes } from '../frames.ts'

const context = testContext()
const [a, b] = [1, 2].map((value) => bytes(1, 1, 1, [value])) as [never, never]

const values = ({ frames }: Image) => frames.map(({ data }) => data[0])

test('a batch is repeated as a whole', async () => {
  const { IMAGE } = await repeatImageBatch.run({ image: batch(a, b) }, { amount: 2 }, context)
  expect(values(IMAGE)).toEqual([1, 2, 1, 2])
})
