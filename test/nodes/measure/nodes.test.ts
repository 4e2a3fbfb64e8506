import { describe, expect, test, vi } from 'vitest'
import { drawHistogram, histogramOf } from '../../../nodes/measure/histogram.ts'
import { imageHistogram } from '../../../nodes/measure/image-histogram.ts'
import { imageNiqe } from '../../../nodes/measure/image-niqe.ts'
import { imagePsnr } from '../../../nodes/measure/image-psnr.ts'
import { imageSsim } from '../../../nodes/measure/image-ssim.ts'
import { psnrY } from '../../../nodes/measure/psnr-y.ts'
import { ssimY } from '../../../nodes/measure/ssim-y.ts'
import type { Frame, Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'

const batch = (...frames: Frame[]): Image => ({ frames })
const [a, b, c] = [1, 2, 3].map((seed) => noiseFrame(48, 40, 3, seed)) as [Frame, Frame, Frame]

describe('measuring against a reference', () => {
  test('gives the mean over a batch and shows each value', async () => {
    const { psnr, ui } = await imagePsnr.run({ image: batch(a, b), reference: batch(c) }, {}, testContext())
    expect(psnr).toBeCloseTo((psnrY(a, c) + psnrY(b, c)) / 2, 12)
    expect(ui?.text).toEqual([
      `PSNR-Y ${psnr.toFixed(2)} dB`,
      `1: ${psnrY(a, c).toFixed(2)} dB`,
      `2: ${psnrY(b, c).toFixed(2)} dB`,
    ])
  })

  test('takes each picture with its own reference where there are as many', async () => {
    const { ssim } = await imageSsim.run({ image: batch(a, b), reference: batch(a, c) }, {}, testContext())
    expect(ssim).toBeCloseTo((1 + (await ssimY(b, c, new AbortController().signal))) / 2, 12)
  })

  test('refuses batches that do not fit, and pictures smaller than the window', async () => {
    expect(() => imagePsnr.run({ image: batch(a, b, c), reference: batch(a, b) }, {}, testContext())).toThrow(/3.*2/)
    const small = batch(noiseFrame(10, 40))
    await expect(imageSsim.run({ image: small, reference: small }, {}, testContext())).rejects.toThrow(/10 × 40/)
  })
})

describe('NIQE of a picture without detail', () => {
  test('is refused, naming the size', async () => {
    const flat: Frame = { width: 200, height: 100, channels: 1, data: new Uint8Array(20000).fill(7) }
    await expect(imageNiqe.run({ image: batch(flat) }, {}, testContext())).rejects.toThrow(/200 × 100/)
  })
})

test.each(['SSIM', 'NIQE'])('a long measurement of %s is cancelled between two bands of rows', async (measure) => {
  const tall = batch(noiseFrame(192, 3000))
  const cancel = new AbortController()
  const context = { ...testContext(), signal: cancel.signal }
  // The first look finds nothing: only another one, behind a turn of the loop, can stop it.
  vi.spyOn(cancel.signal, 'throwIfAborted').mockImplementationOnce(() => {
    setImmediate(() => cancel.abort(new Error('stopped')))
  })
  const run =
    measure === 'SSIM'
      ? imageSsim.run({ image: tall, reference: tall }, {}, context)
      : imageNiqe.run({ image: tall }, {}, context)
  await expect(run).rejects.toThrow('stopped')
})

describe('the histogram', () => {
  const halves: Frame = {
    width: 2,
    height: 2,
    channels: 4,
    data: Uint16Array.from([0, 65535, 257 * 9, 1, 0, 65535, 257 * 9, 2, 0, 0, 257 * 9, 3, 65535, 0, 257 * 9, 4]),
  }

  test('counts each colour in 256 steps at any depth, and leaves alpha out', () => {
    const { counts, pixels } = histogramOf(halves)
    expect(pixels).toBe(4)
    expect(counts.map((row) => [row[0], row[9], row[255]])).toEqual([
      [3, 0, 1],
      [2, 0, 2],
      [0, 4, 0],
    ])
  })

  test('clamps what lies outside black to white', () => {
    const { counts } = histogramOf({ width: 3, height: 1, channels: 1, data: Float32Array.of(-0.5, 0.5, 1.5) })
    expect([counts[0]![0], counts[0]![128], counts[0]![255]]).toEqual([1, 1, 1])
  })

  test('draws bars that reach the top at the commonest level between black and white', () => {
    const { width, height, data } = drawHistogram(histogramOf(halves))
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
    expect([width, height]).toEqual([512, 160])
    expect(at(18, 0)).toEqual([24, 24, 231])
    expect(at(0, height - 1)).toEqual([231, 231, 24])
    expect(at(100, height - 1)).toEqual([24, 24, 24])
  })

  test('is shown with mean and clipping, and handed on as a picture', async () => {
    const context = testContext()
    const { histogram, ui } = await imageHistogram.run({ image: batch(halves) }, {}, context)
    expect(histogram.frames).toHaveLength(1)
    expect(ui?.images).toHaveLength(1)
    expect(context.written.size).toBe(1)
    expect(ui?.text).toEqual(['mean 66.8, black 41.7 %, white 25.0 %'])
  })
})
