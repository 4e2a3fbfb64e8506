import { describe, expect, test } from 'vitest'
import { imagePadForOutpaint } from '../../../nodes/image/image-pad-for-outpaint.ts'
import { testContext } from '../context.ts'
import { batch, first, floats } from '../frames.ts'

const context = testContext()

describe('a border for outpainting', () => {
  test('is grey, and masked', async () => {
    const image = batch(floats(1, 1, 1, [0.9]))
    const { IMAGE, MASK } = await imagePadForOutpaint.run(
      { image },
      { left: 1, top: 0, right: 0, bottom: 1, feathering: 40 },
      context,
    )
    expect(first(IMAGE)).toEqual({ size: [2, 2, 1], samples: [0.5, 0.9, 0.5, 0.5] })
    expect(first(MASK)).toEqual({ size: [2, 2, 1], samples: [1, 0, 1, 1] })
  })

  test('fades into the picture on the sides that were added to', async () => {
    const image = batch(floats(5, 5, 1, new Array(25).fill(0)), floats(5, 5, 1, new Array(25).fill(1)))
    const { MASK } = await imagePadForOutpaint.run(
      { image },
      { left: 1, top: 0, right: 0, bottom: 0, feathering: 2 },
      context,
    )
    expect(MASK.frames).toHaveLength(1)
    // ((2 − d) / 2)² for d = 0, 1, 2 from the left.
    expect(first(MASK).samples.slice(0, 6)).toEqual([1, 1, 0.25, 0, 0, 0])
  })
})
