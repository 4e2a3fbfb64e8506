import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageBlur } from '../../../nodes/image/image-blur.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, floats } from '../frames.ts'

const context = testContext()

describe('a blur', () => {
  test('is the Gaussian of ComfyUI, mirrored at the edges', async () => {
    // Radius 1 and sigma 1: e^(−½), 1, e^(−½) along each axis.
    const side = Math.exp(-0.5)
    const sum = 1 + 2 * side
    const image = batch(floats(3, 3, 1, [0, 0, 0, 0, 1, 0, 0, 0, 0]))
    const { IMAGE } = await imageBlur.run({ image }, { blur_radius: 1, sigma: 1 }, context)
    const [middle, edge, corner] = [1, 2 * side, 4 * side * side].map((weight) => weight / sum / sum) as [
      number,
      number,
      number,
    ]
    // At an edge the mirrored middle counts twice.
    const expected = [corner, edge, corner, edge, middle, edge, corner, edge, corner]
    IMAGE.frames[0]!.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6)
    })
  })

  test('leaves flat fields alone at any depth and size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }), async (width, blur_radius) => {
        const image = batch(bytes(width, 3, 3, new Array(width * 9).fill(201)))
        expect((await imageBlur.run({ image }, { blur_radius, sigma: 1 }, context)).IMAGE).toEqual(image)
      }),
      { numRuns: 20 },
    )
  })

  test('stops when the run is cancelled', async () => {
    const image = batch(noiseFrame(3000, 40))
    const run = imageBlur.run({ image }, { blur_radius: 31, sigma: 1 }, { ...context, signal: AbortSignal.abort() })
    await expect(run).rejects.toThrow()
  })
})
