import { describe, expect, test } from 'vitest'
import { imageUnsharpMask } from '../../../nodes/image/image-unsharp-mask.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, first, floats } from '../frames.ts'

const context = testContext()
const cancelled = { ...context, signal: AbortSignal.abort() }

describe('an unsharp mask', () => {
  const run = (some: object, image: Image, of = context) =>
    imageUnsharpMask.run({ image }, imageUnsharpMask.parameters.parse(some), of)
  const edge = batch(floats(8, 1, 1, [0.4, 0.4, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6]))

  test('makes an edge steeper, and flat fields stay', async () => {
    const { samples } = first((await run({ amount: 1 }, edge)).IMAGE)
    expect(samples[3]).toBeLessThan(0.38)
    expect(samples[4]).toBeGreaterThan(0.62)
    expect(samples[0]).toBeCloseTo(0.4, 2)
    expect(samples[3]! + samples[4]!).toBeCloseTo(1, 5)
  })

  test('leaves differences up to the threshold alone', async () => {
    expect((await run({ amount: 5, threshold: 255 * 0.15 }, edge)).IMAGE).toEqual(edge)
    const some = first((await run({ amount: 1, threshold: 4 }, edge)).IMAGE).samples[4]!
    expect(some).toBeCloseTo(first((await run({ amount: 1 }, edge)).IMAGE).samples[4]! - 4 / 255, 4)
  })

  test('gives all colours the difference of luma, keeps alpha, and stops when cancelled', async () => {
    const image = batch(floats(4, 1, 4, [0.2, 0.4, 0.3, 0, 0.2, 0.4, 0.3, 0, 0.5, 0.7, 0.6, 1, 0.5, 0.7, 0.6, 1]))
    const { samples } = first((await run({ amount: 1 }, image)).IMAGE)
    const change = samples[4]! - 0.2
    expect(change).toBeLessThan(-0.01)
    expect(samples[5]! - 0.4).toBeCloseTo(change, 4)
    expect([samples[3], samples[15]]).toEqual([0, 1])
    await expect(run({ radius: 50 }, batch(noiseFrame(4000, 60)), cancelled)).rejects.toThrow()
  })
})
