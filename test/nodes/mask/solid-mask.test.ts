import { expect, test } from 'vitest'
import { solidMask } from '../../../nodes/mask/solid-mask.ts'
import { testContext } from '../context.ts'
import { first } from '../frames.ts'

test('a mask of one value is made, unless it would be too large', async () => {
  const { MASK } = await solidMask.run({}, { value: 0.3, width: 2, height: 1 }, testContext())
  expect(first(MASK)).toEqual({ size: [2, 1, 1], samples: [0.3, 0.3] })
  expect(() => solidMask.run({}, { value: 1, width: 20, height: 20 }, testContext({}, 100))).toThrow(
    /at most 100 pixels but it would have 400 pixels \(20 × 20\)/,
  )
})
