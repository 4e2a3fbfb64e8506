import { describe, expect, test } from 'vitest'
import { imageScale } from '../../../nodes/image/image-scale.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()
const run = (some: object, image = batch(noiseFrame(30, 20, 1)), of = context) =>
  imageScale.run({ image }, imageScale.parameters.parse(some), of)

describe('a picture is scaled to a size', () => {
  test.each([
    [{ width: 15, height: 40 }, [15, 40]],
    [{ width: 15, height: 0 }, [15, 10]],
    [{ width: 0, height: 5 }, [8, 5]],
  ])('of %o', async (size, [width, height]) => {
    expect(first((await run(size)).IMAGE).size).toEqual([width, height, 1])
  })

  test('of 0 for both by staying what it is', async () => {
    const image = batch(noiseFrame(3, 2))
    expect((await run({ width: 0, height: 0 }, image)).IMAGE).toBe(image)
  })

  test('of another ratio by being stretched, or cut about its centre', async () => {
    const row = batch(bytes(4, 1, 1, [10, 20, 30, 40]))
    const settings = { upscale_method: 'nearest-exact', width: 2, height: 1 }
    expect(first((await run(settings, row)).IMAGE).samples).toEqual([20, 40])
    expect(first((await run({ ...settings, crop: 'center' }, row)).IMAGE).samples).toEqual([20, 30])
  })

  test('up to the limit of pixels', async () => {
    await expect(run({ width: 99, height: 99 }, undefined, testContext({}, 100))).rejects.toMatchObject({
      code: 'image_too_large',
    })
  })
})
