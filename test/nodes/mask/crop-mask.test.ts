import { expect, test } from 'vitest'
import { cropMask } from '../../../nodes/mask/crop-mask.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

const context = testContext()

test('a mask is cropped up to its edges', async () => {
  const source = mask(3, 2, [0, 0.1, 0.2, 0.3, 0.4, 0.5])
  const { MASK } = await cropMask.run({ mask: source }, { x: 1, y: 1, width: 9, height: 9 }, context)
  expect(first(MASK)).toEqual({ size: [2, 1, 1], samples: [0.4, 0.5] })
  expect(() => cropMask.run({ mask: source }, { x: 3, y: 0, width: 1, height: 1 }, context)).toThrow(/3 × 2/)
})
