import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { floatsToHalves, halvesToFloats } from '../../../models/installed/half.ts'

const back = (value: number): number => halvesToFloats(floatsToHalves(Float32Array.of(value)))[0]!

describe('half precision', () => {
  test('every finite half survives the way through float32', () => {
    const bits = Uint16Array.from({ length: 1 << 16 }, (_, index) => index).filter((half) => (half & 0x7c00) !== 0x7c00)
    expect(floatsToHalves(halvesToFloats(bits))).toEqual(bits)
  })

  test('a value between two halves goes to the nearer one', () => {
    fc.assert(
      fc.property(fc.float({ min: -60000, max: 60000, noNaN: true }), (value) => {
        const spacing = Math.max(2 ** -24, 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10))
        expect(Math.abs(back(value) - value)).toBeLessThanOrEqual(spacing / 2)
      }),
    )
  })

  test.each([
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [2 ** -25, 0],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.NaN, Number.NaN],
  ])('%d becomes %d', (value, half) => {
    expect(back(value)).toBe(half)
  })
})
