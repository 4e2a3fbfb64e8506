import { describe, expect, test } from 'vitest'
import { imageHueSaturation } from '../../../nodes/image/image-hue-saturation.ts'
import { toLinear } from '../../../nodes/image/linear-light.ts'
import { type Oklab, toOklab } from '../../../nodes/image/oklab.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('hue and saturation', () => {
  const run = (some: object, image: Image) =>
    imageHueSaturation.run({ image }, imageHueSaturation.parameters.parse(some), context)
  const colours = batch(bytes(3, 1, 3, [200, 100, 50, 20, 90, 160, 128, 128, 128]))

  test('stay what they are when nothing is asked for', async () => {
    expect((await run({}, colours)).IMAGE).toBe(colours)
    const soft = batch(bytes(2, 1, 3, [140, 120, 100, 90, 100, 120]))
    const { samples } = first((await run({ hue: 180 }, (await run({ hue: -180 }, soft)).IMAGE)).IMAGE)
    first(soft).samples.forEach((value, i) => {
      expect(Math.abs(value - samples[i]!)).toBeLessThanOrEqual(2)
    })
  })

  test('without saturation is grey of the same lightness', async () => {
    const { samples } = first((await run({ saturation: -100 }, colours)).IMAGE)
    const lightness = (red: number, green: number, blue: number) => {
      const lab: Oklab = [0, 0, 0]
      toOklab(toLinear(red / 255), toLinear(green / 255), toLinear(blue / 255), lab)
      return lab[0]
    }
    expect(samples[0]).toBe(samples[1])
    expect(samples[0]).toBe(samples[2])
    expect(lightness(samples[0]!, samples[0]!, samples[0]!)).toBeCloseTo(lightness(200, 100, 50), 2)
    expect(samples.slice(6)).toEqual([128, 128, 128])
  })

  test('lighten to white and darken to black', async () => {
    expect(new Set(first((await run({ lightness: 100 }, colours)).IMAGE).samples)).toEqual(new Set([255]))
    expect(new Set(first((await run({ lightness: -100 }, colours)).IMAGE).samples)).toEqual(new Set([0]))
  })
})
