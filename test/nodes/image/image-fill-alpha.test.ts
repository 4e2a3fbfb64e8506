import { describe, expect, test } from 'vitest'
import { imageFillAlpha } from '../../../nodes/image/image-fill-alpha.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats } from '../frames.ts'

const context = testContext()

describe('a transparent picture on a colour', () => {
  const run = (image: Image, mask?: Image, color = 0xff8000) =>
    imageFillAlpha.run({ image, mask }, imageFillAlpha.parameters.parse({ color }), context)
  const extend = (image: Image, mask?: Image) =>
    imageFillAlpha.run({ image, mask }, imageFillAlpha.parameters.parse({ fill: 'own colors' }), context)

  test('shows it where the mask says so, by as much', async () => {
    const image = batch(bytes(3, 1, 3, [10, 10, 10, 10, 10, 10, 10, 10, 10]))
    const { IMAGE } = await run(image, batch(floats(3, 1, 1, [0, 1, 0.2])))
    expect(first(IMAGE).samples).toEqual([10, 10, 10, 255, 128, 0, 59, 34, 8])
    expect((await run(image)).IMAGE).toEqual(image)
  })

  test('continues its own colours instead: the one that there is, else what lies near', async () => {
    const hidden = [9, 200, 9]
    const red = batch(bytes(3, 2, 3, [250, 5, 0, ...hidden, 250, 5, 0, ...hidden, ...hidden, ...hidden]))
    const mask = batch(floats(3, 2, 1, [0, 1, 0, 1, 1, 1]))
    expect(new Set(first((await extend(red, mask)).IMAGE).samples)).toEqual(new Set([250, 5, 0]))

    const ends = Array.from({ length: 64 * 3 }, (_, at) => (at < 3 ? 40 : at >= 189 ? 240 : 0))
    const middle = batch(floats(64, 1, 1, [0, ...new Array(62).fill(1), 0]))
    const { samples } = first((await extend(batch(bytes(64, 1, 3, ends)), middle)).IMAGE)
    const greys = samples.filter((_, at) => at % 3 === 0)
    expect([greys[0], greys[63]]).toEqual([40, 240])
    expect(greys).toEqual([...greys].sort((a, b) => a - b))
    expect(greys[16]).toBeLessThan(100)
    expect(greys[47]).toBeGreaterThan(180)
  })

  test('a picture that is transparent throughout has no colours to continue and becomes black', async () => {
    const all = batch(
      bytes(
        5,
        3,
        4,
        new Array(60).fill(0).map((_, at) => (at % 4 === 3 ? 0 : 77)),
      ),
    )
    expect(new Set(first((await extend(all)).IMAGE).samples)).toEqual(new Set([0]))
  })

  test('loses its own alpha, and greys become colours', async () => {
    const { IMAGE } = await run(batch(bytes(2, 1, 2, [100, 255, 100, 0])), undefined, 0xffffff)
    expect(first(IMAGE)).toEqual({ size: [2, 1, 3], samples: [100, 100, 100, 255, 255, 255] })
  })
})
