import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { imageDenoise } from '../../../nodes/image/image-denoise.ts'
import { noiseLevel } from '../../../nodes/image/noise-level.ts'
import { NormalNoise } from '../../../nodes/image/normal-noise.ts'
import { decodeImage } from '../../../nodes/pixels/decode.ts'
import type { Frame } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch } from '../frames.ts'

const context = testContext()
const cancelled = { ...context, signal: AbortSignal.abort() }

const file = 'test/fixtures/photographs/clock.jpg'
const photograph = (await decodeImage(readFileSync(file), file, 1e6)).frame

describe('noise', () => {
  /** A picture of soft hills and one edge. */
  const clean: Frame = { width: 120, height: 90, channels: 3, data: new Uint8Array(120 * 90 * 3) }
  for (let i = 0; i < clean.data.length; i++) {
    const [x, y] = [Math.floor(i / 3) % 120, Math.floor(i / 360)]
    clean.data[i] = 90 + 30 * Math.sin(x / 15) + 30 * Math.cos(y / 11 + (i % 3)) + (x > 60 ? 50 : 0)
  }
  const noisy = (level: number): Frame => {
    const noise = new NormalNoise(3, clean.data.length).take(clean.data.length)
    const data = clean.data.map((value, i) => Math.min(255, Math.max(0, Math.round(value + level * noise[i]!))))
    return { ...clean, data: Uint8Array.from(data) }
  }
  const error = (frame: Frame) =>
    Math.sqrt(
      Array.from(frame.data).reduce((sum, value, i) => sum + (value - clean.data[i]!) ** 2, 0) / frame.data.length,
    )
  const run = (some: object, frame: Frame, of = context) =>
    imageDenoise.run({ image: batch(frame) }, imageDenoise.parameters.parse(some), of)

  test.each([3, 10, 25])('of %i levels is measured', async (level) => {
    expect(Math.abs((await noiseLevel(noisy(level))) / level - 1)).toBeLessThan(0.08)
  })

  /** Noise of a deviation as a lens or a scanner shows it: blurred by 0.8 pixels. */
  const grain = (frame: Frame, level: number): Frame => {
    const { width, height, channels } = frame
    const white = new NormalNoise(5, frame.data.length).take(frame.data.length)
    const kernel = [-2, -1, 0, 1, 2].map((x) => Math.exp(-(x ** 2) / 2 / 0.8 ** 2))
    const blurred = (noise: ArrayLike<number>, step: number) =>
      Float64Array.from(noise, (_, i) =>
        kernel.reduce((sum, weight, k) => sum + weight * (noise[i + (k - 2) * step] ?? 0), 0),
      )
    const noise = blurred(blurred(white, channels), width * channels)
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length)
    const data = Uint8Array.from(frame.data, (value, i) =>
      Math.min(255, Math.max(0, Math.round(value + (level / deviation) * noise[i]!))),
    )
    return { width, height, channels, data }
  }

  test.each([5, 12])('of %i levels is measured where it is coarser than a pixel, too', async (level) => {
    expect(Math.abs((await noiseLevel(grain(clean, level))) / level - 1)).toBeLessThan(0.2)
    expect(Math.abs((await noiseLevel(grain(photograph, level))) / level - 1)).toBeLessThan(0.2)
  })

  test('is measured where most of a picture is pure white', async () => {
    const product = noisy(12)
    const data = product.data.slice()
    for (let i = 0; i < data.length; i++) if (Math.floor(i / 3) % 120 > 45) data[i] = 255
    expect(Math.abs((await noiseLevel({ ...product, data })) / 12 - 1)).toBeLessThan(0.2)
  })

  test('is hardly found in a photograph that has none, in texture or in letters on white', async () => {
    expect(await noiseLevel(photograph)).toBeLessThan(2)
    const stripes: Frame = {
      ...clean,
      data: Uint8Array.from(clean.data, (_, i) => (Math.floor(i / 3) % 7 < 2 ? 40 : 255)),
    }
    expect(await noiseLevel(stripes)).toBeLessThan(2)
  })

  test.each([5, 12, 30])('of %i levels is less than half afterwards', async (level) => {
    const frame = noisy(level)
    const before = error(frame)
    expect(error((await run({}, frame)).IMAGE.frames[0]!)).toBeLessThan(before / 2)
    expect(error((await run({ strength: 0.4 }, frame)).IMAGE.frames[0]!)).toBeLessThan(before)
  })

  test('that is not there changes nothing', async () => {
    const flat: Frame = { ...clean, data: new Uint8Array(clean.data.length).fill(80) }
    expect((await run({}, flat)).IMAGE.frames[0]).toEqual(flat)
    expect((await run({ strength: 0 }, noisy(9))).IMAGE.frames[0]!.data).toEqual(noisy(9).data)
  })

  test('goes band by band without a seam, keeps alpha, tells its progress and can be cancelled', async () => {
    // So wide that the least height of a band is taken.
    const wide: Frame = {
      width: 3,
      height: 100,
      channels: 2,
      data: Uint8Array.from({ length: 600 }, (_, i) => (i % 2 ? 77 : 100 + (i % 7))),
    }
    const { data } = (await run({ noise: 4 }, wide)).IMAGE.frames[0]!
    expect(data.every((value, i) => i % 2 === 0 || value === 77)).toBe(true)
    const own = testContext()
    await run({ noise: 4 }, noisy(4), own)
    expect(own.steps.at(-1)).toEqual([1, 1])
    await expect(run({ noise: 4 }, noisy(4), cancelled)).rejects.toThrow()
  })
})
