import { expect, test } from 'vitest'
import { imageAddNoise } from '../../../nodes/image/image-add-noise.ts'
import { testContext } from '../context.ts'
import { batch, floats } from '../frames.ts'

const context = testContext()

test('noise has the deviation that was asked for, and another seed is other noise', async () => {
  const image = batch(floats(200, 200, 1, new Array(40000).fill(0.5)))
  const run = async (seed: number) =>
    (await imageAddNoise.run({ image }, { seed, strength: 0.05 }, context)).IMAGE.frames[0]!.data
  const [one, two, again] = [await run(1), await run(2), await run(1)]
  expect(again).toEqual(one)
  expect(two).not.toEqual(one)
  const deviation = Math.sqrt(Array.from(one).reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / one.length)
  expect(deviation).toBeCloseTo(0.05, 3)
})
