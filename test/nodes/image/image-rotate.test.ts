import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageRotate } from '../../../nodes/image/image-rotate.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()
/** 0 1 2 / 3 4 5, one channel. */
const six = batch(bytes(3, 2, 1, [0, 1, 2, 3, 4, 5]))

describe('a picture is turned without a change of its pixels:', () => {
  test.each([
    ['90 degrees', [2, 3], [3, 0, 4, 1, 5, 2]],
    ['180 degrees', [3, 2], [5, 4, 3, 2, 1, 0]],
    ['270 degrees', [2, 3], [2, 5, 1, 4, 0, 3]],
    ['none', [3, 2], [0, 1, 2, 3, 4, 5]],
  ] as const)('clockwise by %s', async (rotation, [width, height], samples) => {
    const { IMAGE } = await imageRotate.run({ image: six }, { rotation }, context)
    expect(first(IMAGE)).toEqual({ size: [width, height, 1], samples })
  })

  test('four quarters are none, all channels go along', async () => {
    const side = fc.integer({ min: 1, max: 9 })
    await fc.assert(
      fc.asyncProperty(side, side, fc.constantFrom(1, 3, 4) as fc.Arbitrary<1 | 3 | 4>, async (w, h, channels) => {
        const image = batch(noiseFrame(w, h, channels))
        let turned = image
        for (let i = 0; i < 4; i++)
          turned = (await imageRotate.run({ image: turned }, { rotation: '90 degrees' }, context)).IMAGE
        expect(turned).toEqual(image)
      }),
      { numRuns: 20 },
    )
  })
})
