import { expect, test } from 'vitest'
import { average, measurePairs, PAIRS } from '../bench/quality.ts'

/** What the shipped model has to keep on photographs that it was not trained on; the table is in docs/quality.md. */
test('gendr-nano beats bicubic on photographs that it was not trained on, in both settings', async () => {
  const measured = await measurePairs(PAIRS)
  expect(measured.length).toBeGreaterThanOrEqual(10)
  const mean = (method: string, score: 'psnr' | 'ssim' | 'niqe') => average(measured, method, score)
  const gain = (method: string, score: 'psnr' | 'ssim' | 'niqe') => mean(method, score) - mean('bicubic', score)
  const [faithful, detailed] = ['gendr-nano faithful', 'gendr-nano detailed'] as const
  const least = {
    [faithful]: { psnr: 0.8, ssim: 0.045, niqe: 0, worst: -0.01 },
    [detailed]: { psnr: 0.65, ssim: 0.033, niqe: 3.2, worst: -0.7 },
  }
  for (const [method, wanted] of Object.entries(least)) {
    expect(gain(method, 'psnr'), method).toBeGreaterThanOrEqual(wanted.psnr)
    expect(gain(method, 'ssim'), method).toBeGreaterThanOrEqual(wanted.ssim)
    expect(-gain(method, 'niqe'), method).toBeGreaterThan(wanted.niqe)
    for (const { name, scores } of measured) {
      const { shift, psnr } = scores[method]!
      expect(shift, `colour shift of ${name}, ${method}`).toBeLessThanOrEqual(1)
      expect(psnr, `PSNR-Y of ${name}, ${method}`).toBeGreaterThanOrEqual(scores.bicubic!.psnr + wanted.worst)
    }
  }
  expect(mean(faithful, 'psnr')).toBeGreaterThan(mean(detailed, 'psnr'))
  expect(mean(detailed, 'niqe')).toBeLessThan(mean(faithful, 'niqe'))
})
