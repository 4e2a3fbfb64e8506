import { describe, expect, test } from 'vitest'
import { imageToMask } from '../../../nodes/mask/image-to-mask.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('a mask of a picture', () => {
  const picture = batch(bytes(2, 1, 4, [255, 0, 51, 102, 0, 255, 0, 255]))

  test.each([
    ['red', [1, 0]],
    ['green', [0, 1]],
    ['blue', [0.2, 0]],
    ['alpha', [0.4, 1]],
  ] as const)('is its %s', async (channel, samples) => {
    const { MASK } = await imageToMask.run({ image: picture }, { channel }, context)
    expect(first(MASK)).toEqual({ size: [2, 1, 1], samples })
  })

  test('cannot be an alpha that is not there', () => {
    expect(() => imageToMask.run({ image: batch(bytes(1, 1, 3, [1, 2, 3])) }, { channel: 'alpha' }, context)).toThrow(
      /alpha/,
    )
  })

  test('of any depth stays between 0 and 1', async () => {
    const deep: Frame = { width: 1, height: 1, channels: 3, data: Uint16Array.of(65535, 0, 13107) }
    const { MASK } = await imageToMask.run({ image: batch(deep) }, { channel: 'blue' }, context)
    expect(first(MASK).samples).toEqual([0.2])
  })
})
