import { describe, expect, test } from 'vitest'
import { ssimY } from '../../../nodes/measure/ssim-y.ts'
import { noiseFrame } from '../context.ts'
import { greyOf, transposed } from '../frames.ts'

const { signal } = new AbortController()

describe('SSIM-Y', () => {
  test('of equal pictures is one, of flat ones the luminance term', async () => {
    expect(await ssimY(noiseFrame(40, 30), noiseFrame(40, 30), signal)).toBeCloseTo(1, 12)
    const [a, b, c] = [16 + 219 * (100 / 255), 16 + 219 * (150 / 255), (0.01 * 255) ** 2]
    expect(await ssimY(greyOf(100), greyOf(150), signal)).toBeCloseTo((2 * a * b + c) / (a * a + b * b + c), 9)
  })
  test('falls when noise takes the place of structure', async () => {
    expect(await ssimY(noiseFrame(40, 40), noiseFrame(40, 40, 3, 2), signal)).toBeLessThan(0.1)
  })
  test('of pictures in several bands is that of the same pictures turned, whose bands are others', async () => {
    const [a, b] = [noiseFrame(500, 1100), noiseFrame(500, 1100, 3, 2)]
    const value = await ssimY(a, b, signal)
    expect(await ssimY(transposed(a), transposed(b), signal)).toBeCloseTo(value, 12)
  })
})
