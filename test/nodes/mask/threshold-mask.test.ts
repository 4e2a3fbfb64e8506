import { expect, test } from 'vitest'
import { thresholdMask } from '../../../nodes/mask/threshold-mask.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

test('a mask is cut off: what is above the value is 1', async () => {
  const steps = mask(3, 1, [0.4, 0.5, 0.6])
  const { MASK } = await thresholdMask.run({ mask: steps }, { value: 0.5 }, testContext())
  expect(first(MASK).samples).toEqual([0, 0, 1])
})
