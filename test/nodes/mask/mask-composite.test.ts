import { expect, test } from 'vitest'
import { maskComposite } from '../../../nodes/mask/mask-composite.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

const context = testContext()

test.each([
  ['multiply', [0.5, 0.25, 0, 0.06]],
  ['add', [0.5, 1, 0, 0.5]],
  ['subtract', [0.5, 0, 0, 0.1]],
  ['and', [0.5, 0, 0, 0]],
  ['or', [0.5, 1, 0, 0]],
  ['xor', [0.5, 1, 0, 0]],
] as const)('a mask is combined with another by %s, where it lies over it', async (operation, expected) => {
  // The source lies one pixel to the right; its second row is beyond the destination's right edge in part.
  const destination = mask(2, 2, [0.5, 0.25, 0, 0.3])
  const source = mask(2, 2, [1, 1, 0.2, 1])
  const { MASK } = await maskComposite.run({ destination, source }, { x: 1, y: 0, operation }, context)
  expect(first(MASK).samples).toEqual(expected)
})
