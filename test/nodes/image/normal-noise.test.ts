import { describe, expect, test } from 'vitest'
import { NormalNoise } from '../../../nodes/image/normal-noise.ts'

describe('noise', () => {
  // torch.manual_seed(0), torch.randn(3) and torch.randn(16), as PyTorch's documentation and forums show them.
  test.each([
    [3, [1.541, -0.2934, -2.1788]],
    [
      16,
      [
        -1.1258, -1.1524, -0.2506, -0.4339, 0.8487, 0.692, -0.316, -2.1152, 0.3223, -1.2633, 0.35, 0.3081, 0.1198,
        1.2377, 1.1168, -0.2473,
      ],
    ],
  ])('of %i values is torch’s', (length, expected) => {
    const noise = new NormalNoise(0, length).take(length)
    expected.forEach((value, i) => {
      expect(noise[i]).toBeCloseTo(value, 4)
    })
  })

  test('is the same whichever pieces it is taken in', () => {
    for (const length of [16, 37, 47, 48, 1000]) {
      const whole = new NormalNoise(7, length).take(length)
      const pieces = new NormalNoise(7, length)
      const sizes = [1, 5, 16, length - 22]
      expect(sizes.flatMap((size) => [...pieces.take(Math.max(0, size))]).slice(0, length)).toEqual([...whole])
    }
  })
})
