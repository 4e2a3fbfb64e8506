import { expect, test } from 'vitest'
import { mahalanobis } from '../../../nodes/measure/moments.ts'

test('the Mahalanobis distance undoes the covariance', () => {
  const distance = mahalanobis(
    [1, 2],
    [
      [4, 1],
      [1, 3],
    ],
  )
  expect(distance).toBeCloseTo(Math.sqrt((1 * 3 - 2 * 1 * 2 + 4 * 4) / 11), 12)
})
