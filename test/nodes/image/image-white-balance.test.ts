import { describe, expect, test } from 'vitest'
import { imageWhiteBalance } from '../../../nodes/image/image-white-balance.ts'
import { fromLinear, toLinear } from '../../../nodes/image/linear-light.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats } from '../frames.ts'

const context = testContext()

describe('white balance', () => {
  const run = (some: object, image: Image) =>
    imageWhiteBalance.run({ image }, imageWhiteBalance.parameters.parse(some), context)
  const tint = (light: number) => [1.4, 1, 0.6].map((share) => 255 * fromLinear(share * light))
  const tinted = batch(bytes(2, 1, 3, [...tint(0.3), ...tint(0.1)]))

  test.each(['grey world', 'shades of grey', 'white patch'] as const)(
    'by %s makes a tinted grey grey',
    async (method) => {
      const { samples } = first((await run({ method }, tinted)).IMAGE)
      for (const [r, g, b] of [samples.slice(0, 3), samples.slice(3)]) {
        expect(Math.abs(r! - g!)).toBeLessThanOrEqual(2)
        expect(Math.abs(b! - g!)).toBeLessThanOrEqual(2)
      }
    },
  )

  test('keeps the luminance of the light, leaves alpha and greys alone, and does as much as asked', async () => {
    const { samples } = first((await run({ method: 'grey world' }, batch(floats(1, 1, 4, [0.6, 0.5, 0.4, 0.3])))).IMAGE)
    const luminance = 0.2126 * toLinear(0.6) + 0.7152 * toLinear(0.5) + 0.0722 * toLinear(0.4)
    expect(samples[0]).toBeCloseTo(fromLinear(luminance), 3)
    expect(samples[3]).toBeCloseTo(0.3, 5)
    expect((await run({ strength: 0 }, tinted)).IMAGE).toEqual(tinted)
    const grey = batch(bytes(1, 1, 3, [9, 9, 9]))
    expect((await run({}, grey)).IMAGE).toEqual(grey)
  })

  test('does not count what is burnt out', async () => {
    const burnt = batch(bytes(3, 1, 3, [180, 150, 100, 255, 255, 255, 255, 255, 255]))
    const { samples } = first((await run({ method: 'grey world' }, burnt)).IMAGE)
    expect(Math.abs(samples[0]! - samples[2]!)).toBeLessThanOrEqual(2)
  })

  test.each(['grey world', 'shades of grey', 'white patch'] as const)(
    'by %s makes no yellow paper pink, whose red is burnt out',
    async (method) => {
      const paper = Array.from({ length: 80 }, () => [255, 240, 190])
      const ink = Array.from({ length: 20 }, (_, i) => [70, 55, 45].map((level) => level + 4 * i))
      const letter = batch(bytes(10, 10, 3, [...paper, ...ink].flat()))
      const { samples } = first((await run({ method }, letter)).IMAGE)
      const [red, green, blue] = samples
      expect(red).toBeLessThan(255)
      expect(red! - green!).toBeLessThan(5)
      expect(blue).toBeGreaterThan(200)
      expect(samples[240]).toBeLessThan(70)
    },
  )

  test('counts everything where nearly all is burnt out', async () => {
    const light = batch(
      bytes(200, 1, 3, Array.from({ length: 200 }, (_, i) => (i === 0 ? [90, 60, 90] : [255, 240, 190])).flat()),
    )
    const { samples } = first((await run({ method: 'grey world' }, light)).IMAGE)
    expect(Math.abs(samples[3]! - samples[5]!)).toBeLessThanOrEqual(4)
  })
})
