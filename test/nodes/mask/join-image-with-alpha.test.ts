import { expect, test } from 'vitest'
import { joinImageWithAlpha } from '../../../nodes/mask/join-image-with-alpha.ts'
import { splitImageWithAlpha } from '../../../nodes/mask/split-image-with-alpha.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats, mask } from '../frames.ts'

const context = testContext()

test('a mask makes a picture transparent, scaled to it, and comes back', async () => {
  const image = batch(bytes(2, 1, 3, [1, 2, 3, 4, 5, 6]))
  const joined = await joinImageWithAlpha.run({ image, alpha: mask(1, 1, [0.2]) }, {}, context)
  expect(first(joined.IMAGE)).toEqual({ size: [2, 1, 4], samples: [1, 2, 3, 204, 4, 5, 6, 204] })
  const { IMAGE, MASK } = await splitImageWithAlpha.run({ image: joined.IMAGE }, {}, context)
  expect(first(IMAGE)).toEqual(first(image))
  expect(first(MASK).samples).toEqual([0.2, 0.2])
  expect(first((await splitImageWithAlpha.run({ image }, {}, context)).MASK).samples).toEqual([0, 0])
})

test('batches of two lengths are joined, the shorter one over and over', async () => {
  const image = batch(bytes(1, 1, 3, [1, 1, 1]), bytes(1, 1, 3, [2, 2, 2]))
  const alpha = batch(...[0, 1, 0].map((value) => floats(1, 1, 1, [value])))
  const { IMAGE } = await joinImageWithAlpha.run({ image, alpha }, {}, context)
  expect(IMAGE.frames.map(({ data }) => [...data])).toEqual([
    [1, 1, 1, 255],
    [2, 2, 2, 0],
    [1, 1, 1, 255],
  ])
})
