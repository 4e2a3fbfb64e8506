import { expect, test } from 'vitest'
import { gamma } from '../../../nodes/measure/gamma.ts'

test('gamma agrees with factorials and with √π', () => {
  expect(gamma(6) / 120).toBeCloseTo(1, 12)
  expect(gamma(0.5) / Math.sqrt(Math.PI)).toBeCloseTo(1, 12)
  expect(gamma(0.1)).toBeCloseTo(9.513507698668732, 9)
})
