import { expect, test } from 'vitest'
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
