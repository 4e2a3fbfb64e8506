import { expect, test } from 'vitest'
import { featherMask } from '../../../nodes/mask/feather-mask.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

const context = testContext()

test('a mask fades towards its sides', async () => {
  const ones = mask(4, 2, [1, 1, 1, 1, 1, 1, 1, 1])
  const { MASK } = await featherMask.run({ mask: ones }, { left: 2, top: 0, right: 9, bottom: 2 }, context)
  expect(first(MASK).samples).toEqual([0.5, 0.75, 0.5, 0.25, 0.25, 0.375, 0.25, 0.125])
})
