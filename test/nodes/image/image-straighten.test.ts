import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageRotate } from '../../../nodes/image/image-rotate.ts'
import { imageStraighten } from '../../../nodes/image/image-straighten.ts'
import { insideSize } from '../../../nodes/sdk/turned-size.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch, bytes } from '../frames.ts'

const context = testContext()
const cancelled = { ...context, signal: AbortSignal.abort() }

describe('a picture that is straightened', () => {
  const run = (some: object, image: Image, of = context) =>
    imageStraighten.run({ image }, imageStraighten.parameters.parse(some), of)

  test.each([90, 180, -90])('by %i degrees is what quarters make of it', async (angle) => {
    const image = batch(noiseFrame(7, 4))
    const rotation = `${(angle + 360) % 360} degrees` as '90 degrees'
    const turned = (await imageRotate.run({ image }, { rotation }, context)).IMAGE
    expect((await run({ angle, border: 'white' }, image)).IMAGE).toEqual(turned)
    expect((await run({ angle }, image)).IMAGE).toEqual(turned)
  })

  test('shows no corner that is not of it, or fills them', async () => {
    const image = batch(bytes(40, 30, 1, new Array(1200).fill(200)))
    const cropped = (await run({ angle: 3.3 }, image)).IMAGE.frames[0]!
    expect(new Set(cropped.data)).toEqual(new Set([200]))
    expect(cropped.width).toBeGreaterThan(35)
    const whole = (await run({ angle: 3.3, border: 'black' }, image)).IMAGE.frames[0]!
    expect([whole.width, whole.height]).toEqual([42, 33])
    expect([whole.data[0], whole.data[16 * 42 + 20]]).toEqual([0, 200])
  })

  test('with transparency lies on an opaque field, and shows nothing at its edges that was hidden', async () => {
    // White where it is opaque, black where nothing shows.
    const halves = Array.from({ length: 400 }, (_, i) => (i % 20 < 10 ? [0, 0, 0, 0] : [255, 255, 255, 255]))
    const turned = (await run({ angle: 45, border: 'black' }, batch(bytes(20, 20, 4, halves.flat())))).IMAGE.frames[0]!
    expect(Array.from(turned.data.subarray(0, 4))).toEqual([0, 0, 0, 255])
    const cropped = (await run({ angle: 10 }, batch(bytes(20, 20, 4, halves.flat())))).IMAGE.frames[0]!
    const pixels = Array.from({ length: cropped.width * cropped.height }, (_, i) =>
      cropped.data.subarray(4 * i, 4 * i + 4),
    )
    expect(pixels.some(([, , , alpha]) => alpha! > 20 && alpha! < 235)).toBe(true)
    for (const [red, , , alpha] of pixels) if (alpha! > 0) expect(red).toBe(255)
  })

  test('keeps the largest part that lies inside, at any angle', () => {
    const side = fc.integer({ min: 2, max: 4000 })
    fc.assert(
      fc.property(side, side, fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }), (width, height, angle) => {
        const inside = insideSize({ width, height }, angle)
        const [sin, cos] = [Math.abs(Math.sin(angle)), Math.abs(Math.cos(angle))]
        if (inside.width === 1 || inside.height === 1) return
        // Turned back, its corners lie in the picture.
        expect(inside.width * cos + inside.height * sin).toBeLessThan(width + 1e-6)
        expect(inside.width * sin + inside.height * cos).toBeLessThan(height + 1e-6)
      }),
    )
  })

  test('stays what it is at 0, and can be cancelled', async () => {
    const image = batch(noiseFrame(40, 200))
    expect((await run({}, image)).IMAGE).toBe(image)
    await expect(run({ angle: 1 }, image, cancelled)).rejects.toThrow()
  })
})
