import { expect, test, vi } from 'vitest'
import { imageCrop } from '../../../nodes/image/image-crop.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()
/** 0 1 2 / 3 4 5, one channel. */
const six = batch(bytes(3, 2, 1, [0, 1, 2, 3, 4, 5]))

test.each([
  [{ x: 1, y: 1, width: 1, height: 9 }, [1, 1], [4]],
  [{ x: 9, y: 0, width: 5, height: 5 }, [1, 2], [2, 5]],
  [{ x: 0, y: 0, width: 2, height: 1 }, [2, 1], [0, 1]],
])('a picture is cropped to %o', async (rectangle, [width, height], samples) => {
  expect(first((await imageCrop.run({ image: six }, rectangle, context)).IMAGE)).toEqual({
    size: [width, height, 1],
    samples,
  })
})

test.each([
  ['beside it', { x: 9, y: 0, width: 5, height: 5 }, [], ['the rectangle begins at 9, 0, beyond the picture (3 × 2)']],
  ['partly in it', { x: 1, y: 1, width: 2, height: 9 }, ['of 2 × 9 only 2 × 1 lie in the picture'], []],
  ['in it', { x: 1, y: 0, width: 2, height: 2 }, [], []],
  ['all that there is', { x: 1, y: 0, width: 16384, height: 16384 }, [], []],
])(
  'what a rectangle leaves that is %s is said where it is less than was asked for',
  async (_where, at, said, warned) => {
    const [say, warn] = [vi.fn(), vi.fn()]
    await imageCrop.run({ image: six }, at, { ...context, say, warn })
    expect(say.mock.calls.flat()).toEqual(said)
    expect(warn.mock.calls.flat()).toEqual(warned.map((words) => expect.stringContaining(words)))
  },
)

test('all that there is may be longer than a side can be said to be', async () => {
  const wide = batch(bytes(20_000, 1, 1, new Array(20_000).fill(7)))
  const { IMAGE } = await imageCrop.run({ image: wide }, { x: 10, y: 0, width: 16384, height: 16384 }, context)
  expect(first(IMAGE).size).toEqual([19_990, 1, 1])
  const left = await imageCrop.run({ image: wide }, { x: 0, y: 0, width: 16384, height: 1 }, context)
  expect(first(left.IMAGE).size).toEqual([16384, 1, 1])
})
