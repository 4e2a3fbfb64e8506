import { expect, test } from 'vitest'
import { invertMask } from '../../../nodes/mask/invert-mask.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

test('a mask is inverted', async () => {
  const { MASK } = await invertMask.run({ mask: mask(2, 1, [0.3, 1]) }, {}, testContext())
  expect(first(MASK).samples).toEqual([0.7, 0])
})
