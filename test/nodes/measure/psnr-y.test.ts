import { describe, expect, test } from 'vitest'
import { psnrY } from '../../../nodes/measure/psnr-y.ts'
import { noiseFrame } from '../context.ts'
import { greyOf } from '../frames.ts'

describe('PSNR-Y', () => {
  test('of a shift by one level is that of the luma range', () => {
    expect(psnrY(greyOf(100), greyOf(101))).toBeCloseTo(10 * Math.log10(255 ** 2 / (219 / 255) ** 2), 6)
  })
  test('of equal pictures is 100', () => {
    expect(psnrY(noiseFrame(20, 20), noiseFrame(20, 20))).toBe(100)
  })
  test('of different sizes is refused', () => {
    expect(() => psnrY(noiseFrame(20, 20), noiseFrame(21, 20))).toThrow(/21 × 20/)
  })
})
