import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { growMask } from '../../../nodes/mask/grow-mask.ts'
import { invertMask } from '../../../nodes/mask/invert-mask.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { first, mask } from '../frames.ts'

const context = testContext()

describe('a mask that grows', () => {
  const dot = mask(5, 3, [0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0])

  test.each([
    ['along rows and columns', 1, true, ['01000', '11100', '01000']],
    ['around', 1, false, ['11100', '11100', '11100']],
    ['by two', 2, true, ['11100', '11110', '11100']],
    ['by less than nothing', -1, true, ['00000', '00000', '00000']],
  ] as const)('%s', async (_, expand, tapered_corners, rows) => {
    const { MASK } = await growMask.run({ mask: dot }, { expand, tapered_corners }, context)
    expect(first(MASK).samples).toEqual([...rows.join('')].map((digit) => Number(digit) / 2))
  })

  test('shrinks again to what it was, inverted, and keeps its edges', async () => {
    const invert = async (value: Image) => (await invertMask.run({ mask: value }, {}, context)).MASK
    const grow = async (value: Image, expand: number) =>
      (await growMask.run({ mask: value }, { expand, tapered_corners: false }, context)).MASK
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), fc.nat(3), async (bits, steps) => {
        const some = mask(6, 4, bits.map(Number))
        expect(first(await invert(await grow(some, steps)))).toEqual(first(await grow(await invert(some), -steps)))
      }),
      { numRuns: 30 },
    )
  })

  test('stops when nothing is left to grow, and when the run is cancelled', async () => {
    const { MASK } = await growMask.run({ mask: dot }, { expand: 16384, tapered_corners: true }, context)
    expect(first(MASK).samples).toEqual(new Array(15).fill(0.5))
    const cancelled = { ...context, signal: AbortSignal.abort() }
    await expect(growMask.run({ mask: dot }, { expand: 2, tapered_corners: true }, cancelled)).rejects.toThrow()
  })
})
