import { expect, test } from 'vitest'
import { average, measurePairs, PAIRS } from '../bench/quality.ts'

/** What the shipped model has to keep on photographs that it was not trained on; the table is in docs/quality.md. */
test('gendr-nano beats bicubic on photographs that it was not trained on', async () => {
  const measured = await measurePairs(PAIRS)
  expect(measured.length).toBeGreaterThanOrEqual(10)
  const gain = (score: 'psnr' | 'ssim' | 'niqe') =>
    average(measured, 'gendr-nano', score) - average(measured, 'bicubic', score)
  expect(gain('psnr')).toBeGreaterThanOrEqual(0.3)
  expect(gain('ssim')).toBeGreaterThanOrEqual(0.02)
  expect(gain('niqe')).toBeLessThan(0)
  for (const { name, scores } of measured) {
    const { shift, psnr } = scores['gendr-nano']!
    expect(shift, `colour shift of ${name}`).toBeLessThanOrEqual(1)
    expect(psnr, `PSNR-Y of ${name}`).toBeGreaterThanOrEqual(scores.bicubic!.psnr - 0.5)
  }
})
