import { describe, expect, test } from 'vitest'
import { imageCompositeMasked } from '../../../nodes/image/image-composite-masked.ts'
import type { Image } from '../../../nodes/sdk/values.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first, floats } from '../frames.ts'

const context = testContext()

describe('a picture over another one', () => {
  const destination = batch(bytes(3, 2, 1, [10, 10, 10, 10, 10, 10]))
  const run = (source: Image, settings: object, mask?: Image) =>
    imageCompositeMasked.run({ destination, source, mask }, imageCompositeMasked.parameters.parse(settings), context)

  test('covers it, as far as it reaches', async () => {
    const source = batch(bytes(2, 2, 1, [50, 60, 70, 80]))
    expect(first((await run(source, { x: 2, y: 1 })).IMAGE).samples).toEqual([10, 10, 10, 10, 10, 50])
    expect(first((await run(source, { x: 9, y: 0 })).IMAGE).samples).toEqual([10, 10, 10, 10, 10, 10])
  })

  test('shows where the mask lets it, stretched if asked to', async () => {
    const mask = batch(floats(3, 2, 1, [0, 0.5, 1, 0, 0.25, 1]))
    const { IMAGE } = await run(batch(bytes(1, 1, 1, [110])), { resize_source: true }, mask)
    expect(first(IMAGE).samples).toEqual([10, 60, 110, 10, 35, 110])
  })
})
