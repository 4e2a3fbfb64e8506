import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { colorShift } from '../../../nodes/measure/color-shift.ts'
import { gamma } from '../../../nodes/measure/gamma.ts'
import { mahalanobis } from '../../../nodes/measure/moments.ts'
import { niqe, niqeFeatures } from '../../../nodes/measure/niqe.ts'
import { psnrY } from '../../../nodes/measure/psnr-y.ts'
import { sharpness } from '../../../nodes/measure/sharpness.ts'
import { ssimY } from '../../../nodes/measure/ssim-y.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { noiseFrame } from '../context.ts'

const photographs = join(import.meta.dirname, '../../fixtures/photographs')
const expected: Record<string, number> = JSON.parse(readFileSync(join(photographs, 'niqe-expected.json'), 'utf8')).niqe
const open = async (name: string) => (await decodeImage(readFileSync(join(photographs, name)), name, 1e8)).frame

const shifted = (frame: Frame, by: number): Frame => ({ ...frame, data: frame.data.map((value) => value + by) })
const turned = (frame: Frame): Frame => {
  const { width, height, channels, data } = frame
  const sample = (i: number) => {
    const [pixel, c] = [Math.floor(i / channels), i % channels]
    return data[((pixel % height) * width + Math.floor(pixel / height)) * channels + c]!
  }
  return { width: height, height: width, channels, data: Uint8Array.from({ length: data.length }, (_, i) => sample(i)) }
}
const { signal } = new AbortController()
const grey = (value: number): Frame => ({ width: 32, height: 32, channels: 3, data: new Uint8Array(3072).fill(value) })

describe('PSNR-Y', () => {
  test('of a shift by one level is that of the luma range', () => {
    expect(psnrY(grey(100), grey(101))).toBeCloseTo(10 * Math.log10(255 ** 2 / (219 / 255) ** 2), 6)
  })
  test('of equal pictures is 100', () => {
    expect(psnrY(noiseFrame(20, 20), noiseFrame(20, 20))).toBe(100)
  })
  test('of different sizes is refused', () => {
    expect(() => psnrY(noiseFrame(20, 20), noiseFrame(21, 20))).toThrow(/21 × 20/)
  })
})

describe('SSIM-Y', () => {
  test('of equal pictures is one, of flat ones the luminance term', async () => {
    expect(await ssimY(noiseFrame(40, 30), noiseFrame(40, 30), signal)).toBeCloseTo(1, 12)
    const [a, b, c] = [16 + 219 * (100 / 255), 16 + 219 * (150 / 255), (0.01 * 255) ** 2]
    expect(await ssimY(grey(100), grey(150), signal)).toBeCloseTo((2 * a * b + c) / (a * a + b * b + c), 9)
  })
  test('falls when noise takes the place of structure', async () => {
    expect(await ssimY(noiseFrame(40, 40), noiseFrame(40, 40, 3, 2), signal)).toBeLessThan(0.1)
  })
  test('of pictures in several bands is that of the same pictures turned, whose bands are others', async () => {
    const [a, b] = [noiseFrame(500, 1100), noiseFrame(500, 1100, 3, 2)]
    const value = await ssimY(a, b, signal)
    expect(await ssimY(turned(a), turned(b), signal)).toBeCloseTo(value, 12)
  })
})

describe('NIQE', () => {
  test.each(Object.entries(expected))('of %s is what the reference implementation gives', async (name, value) => {
    expect(Math.abs((await niqe(await open(name), signal)) / value - 1)).toBeLessThan(0.01)
  })
  test('of a flat field is not a number', async () => {
    const flat: Frame = { width: 192, height: 192, channels: 3, data: new Uint8Array(192 * 192 * 3).fill(9) }
    expect(await niqe(flat, signal)).toBeNaN()
  })
  test('of a picture in several rows of blocks has the features of the same picture turned', async () => {
    const frame = noiseFrame(200, 300)
    const features = await niqeFeatures(frame, signal)
    const ofTurned = await niqeFeatures(turned(frame), signal)
    // Of each scale two features, then four for the neighbour beside, above, and across on either side.
    const order = [0, 1, 6, 7, 8, 9, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 17]
    expect(features).toHaveLength(6)
    for (const [i, row] of features.entries()) {
      const other = ofTurned[(i % 2) * 3 + Math.floor(i / 2)]!
      for (const [feature, value] of row.entries())
        expect(other[order[feature % 18]! + (feature < 18 ? 0 : 18)]).toBeCloseTo(value, 9)
    }
  })
})

test('the sharpness of a checkerboard is the variance of ± four times its contrast', () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => (((i % 8) + Math.floor(i / 8)) % 2 === 0 ? 100 : 110))
  expect(sharpness({ width: 8, height: 8, channels: 1, data })).toBeCloseTo(40 ** 2, 6)
  expect(sharpness(grey(77))).toBeCloseTo(0, 9)
})

test('the colour shift is the largest of the channels', () => {
  const frame: Frame = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 10, 20, 30) }
  expect(colorShift(shifted(frame, 3), frame)).toBeCloseTo(3, 6)
})

test('gamma agrees with factorials and with √π', () => {
  expect(gamma(6) / 120).toBeCloseTo(1, 12)
  expect(gamma(0.5) / Math.sqrt(Math.PI)).toBeCloseTo(1, 12)
  expect(gamma(0.1)).toBeCloseTo(9.513507698668732, 9)
})

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
