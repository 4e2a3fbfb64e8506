import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkScaled } from '../../../nodes/pixels/scale-by.ts'

const maxPixels = 100_000_000
const frame = (width: number, height: number) => ({ width, height, channels: 3 as const, data: new Uint8Array() })

test('of a picture that would be too large it is said how far it may be enlarged', () => {
  expect(() => checkScaled([frame(4032, 3024)], 4, { maxPixels })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('195.08 megapixels (16128 × 12096)'),
      remedy: expect.stringMatching(/^Choose a scale of at most 2\.86,/),
    }),
  )
})

test('the scale that is said is allowed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (width, height) => {
      const said = remedyOf(() => checkScaled([frame(width, height)], 1e6, { maxPixels }))
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
