import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkScaled } from '../../../nodes/pixels/scale-by.ts'

const maxPixels = 100_000_000
const range = { min: 0.01, max: 1e5, step: 0.01 }
const frame = (width: number, height: number) => ({ width, height, channels: 3 as const, data: new Uint8Array() })

test('of a picture that would be too large it is said how far it may be enlarged', () => {
  expect(() => checkScaled([frame(4032, 3024)], 4, { maxPixels }, range)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('195.08 megapixels (16128 × 12096)'),
      remedy: expect.stringMatching(/^Choose a scale of at most 2\.86,/),
    }),
  )
})

test('the scale that is said is one that the parameter can be set to', () => {
  const [halves, large] = [{ min: 1, max: 8, step: 0.5 }, frame(9000, 6700)]
  expect(remedyOf(() => checkScaled([large], 4, { maxPixels }, halves))).toMatch(/^Choose a scale of at most 1,/)
  for (const range of [{ ...halves, min: 2 }, undefined]) {
    expect(remedyOf(() => checkScaled([large], 4, { maxPixels }, range))).toMatch(/^Choose a smaller picture,/)
  }
})

test('a picture that is as large as allowed may stay so, and one of a quarter of that be doubled', () => {
  for (const [side, largest] of [
    [10_000, 1],
    [5000, 2],
  ] as const) {
    const said = remedyOf(() => checkScaled([frame(side, side)], 8, { maxPixels }, range))
    expect(said).toMatch(new RegExp(`^Choose a scale of at most ${largest},`))
  }
})

test('the scale that is said is allowed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (width, height) => {
      const said = remedyOf(() => checkScaled([frame(width, height)], 1e6, { maxPixels }, range))
      const scale = Number(/at most ([\d.]+),/.exec(said)?.[1])
      expect(scale).toBeGreaterThanOrEqual(1)
      checkScaled([frame(width, height)], scale, { maxPixels })
    }),
  )
})

function remedyOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    return (error as { remedy: string }).remedy
  }
  return ''
}
