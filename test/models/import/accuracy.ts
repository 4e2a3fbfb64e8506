import { expect } from 'vitest'
import type { Dense } from './fixtures.ts'

/** The smallest plausible mistake, an approximate GELU, costs 7e-4. */
export const TOLERANCE = 2e-4

/** max |a - b| / std(b) */
export function relativeError(actual: Dense, wanted: Dense): number {
  expect(actual.dims).toEqual(wanted.dims)
  const { data } = wanted
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length
  const worst = data.reduce((most, value, index) => Math.max(most, Math.abs(value - actual.data[index]!)), 0)
  return worst / Math.sqrt(variance)
}
