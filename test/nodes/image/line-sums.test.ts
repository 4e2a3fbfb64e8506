import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineSums, STRIP } from '../../../nodes/image/line-sums.ts'

describe('sums along the lines of a strip', () => {
  const width = 40
  const sumsOf = (strip: Uint8Array) => lineSums(strip.slice(), new Uint8Array(strip.length), width)

  test('hold each line once: those of a lean have the whole strip between them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: width, maxLength: width, max: 15 }), (line) => {
        // Empty where a line may leave the strip.
        const strip = Uint8Array.from({ length: STRIP * width }, (_, i) =>
          i % width < STRIP ? 0 : line[(i * 7) % width]!,
        )
        const total = strip.reduce((sum, value) => sum + value, 0)
        const sums = sumsOf(strip)
        for (let lean = 0; lean < STRIP; lean++) {
          const ofLean = sums.subarray(lean * width, (lean + 1) * width)
          expect(ofLean.reduce((sum, value) => sum + value, 0)).toBe(total)
        }
      }),
    )
  })

  test.each(Array.from({ length: STRIP }, (_, lean) => lean))(
    'follow a line that leans by %i to within a pixel',
    (lean) => {
      const strip = new Uint8Array(STRIP * width)
      for (let y = 0; y < STRIP; y++) {
        const x = 8 + Math.round((lean * y) / (STRIP - 1))
        strip.fill(15, y * width + x - 1, y * width + x + 2)
      }
      expect(sumsOf(strip)[lean * width + 8]).toBe(15 * STRIP)
    },
  )

  test('take no line for another that leans the other way', () => {
    const strip = new Uint8Array(STRIP * width)
    for (let y = 0; y < STRIP; y++) strip[y * width + 30 - y] = 15
    expect(Math.max(...sumsOf(strip))).toBeLessThanOrEqual(2 * 15)
  })
})
