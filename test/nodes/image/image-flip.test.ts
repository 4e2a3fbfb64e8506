import { expect, test } from 'vitest'
import { imageFlip } from '../../../nodes/image/image-flip.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()
/** 0 1 2 / 3 4 5, one channel. */
const six = batch(bytes(3, 2, 1, [0, 1, 2, 3, 4, 5]))

test.each([
  ['x-axis: vertically', [3, 4, 5, 0, 1, 2]],
  ['y-axis: horizontally', [2, 1, 0, 5, 4, 3]],
] as const)('a picture is flipped by %s', async (flip_method, samples) => {
  expect(first((await imageFlip.run({ image: six }, { flip_method }, context)).IMAGE).samples).toEqual(samples)
})
