import { describe, expect, test } from 'vitest'
import { imageStitch } from '../../../nodes/image/image-stitch.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

describe('two pictures side by side', () => {
  const left = batch(bytes(1, 2, 3, [1, 1, 1, 2, 2, 2]))
  const run = (settings: Partial<Parameters<typeof imageStitch.run>[1]>, image2: Image | undefined, image1 = left) =>
    imageStitch.run({ image1, image2 }, imageStitch.parameters.parse(settings), context)

  test('touch, the second one scaled', async () => {
    const { IMAGE } = await run({}, batch(bytes(1, 1, 3, [9, 9, 9])))
    expect(first(IMAGE)).toEqual({ size: [3, 2, 3], samples: [1, 1, 1, 9, 9, 9, 9, 9, 9, 2, 2, 2, 9, 9, 9, 9, 9, 9] })
  })

  test('are centred on each other when they are not scaled, with space of a colour between', async () => {
    const settings = { match_image_size: false, spacing_width: 1, spacing_color: 'red', direction: 'up' } as const
    const { IMAGE } = await run(settings, batch(bytes(3, 1, 3, [7, 7, 7, 8, 8, 8, 9, 9, 9])))
    const [black, red] = [
      [0, 0, 0],
      [255, 0, 0],
    ]
    expect(first(IMAGE)).toEqual({
      size: [3, 5, 3],
      samples: [
        [7, 7, 7, 8, 8, 8, 9, 9, 9],
        red,
        red,
        red,
        red,
        red,
        red,
        black,
        [1, 1, 1],
        black,
        black,
        [2, 2, 2],
        black,
      ].flat(),
    })
  })

  test('of two batches: the last picture of the shorter one again', async () => {
    const two = batch(bytes(1, 2, 3, [3, 3, 3, 3, 3, 3]), bytes(1, 2, 3, [4, 4, 4, 4, 4, 4]))
    const { IMAGE } = await run({ direction: 'left' }, two)
    expect(IMAGE.frames.map(({ data }) => [data[0], data[3]])).toEqual([
      [3, 1],
      [4, 1],
    ])
  })

  test('without a second one stay one', async () => {
    expect((await run({}, undefined)).IMAGE).toBe(left)
  })
})
