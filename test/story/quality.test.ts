import { expect, test } from 'vitest'
import { average, measurePairs, PAIRS } from '../bench/quality.ts'

/** The bar that the shipped model has to clear on photographs that it never saw; the table is in docs/quality.md. */
test('gendr-nano beats bicubic on photographs that it never saw', async () => {
  const measured = await measurePairs(PAIRS)
  expect(measured.length).toBeGreaterThanOrEqual(10)
  const gain = (score: 'psnr' | 'ssim' | 'niqe') =>
    average(measured, 'gendr-nano', score) - average(measured, 'bicubic', score)
  expect(gain('psnr')).toBeGreaterThanOrEqual(0.3)
  expect(gain('ssim')).toBeGreaterThanOrEqual(0.02)
  expect(gain('niqe')).toBeLessThan(0)
  for (const { name, scores } of measured) {
    expect(scores['gendr-nano'].shift, `colour shift of ${name}`).toBeLessThanOrEqual(1)
    expect(scores['gendr-nano'].psnr, `PSNR-Y of ${name}`).toBeGreaterThanOrEqual(scores.bicubic.psnr - 0.5)
  }
})
