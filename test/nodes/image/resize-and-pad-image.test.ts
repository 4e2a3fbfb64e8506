import { expect, test } from 'vitest'
import { resizeAndPadImage } from '../../../nodes/image/resize-and-pad-image.ts'
import { testContext } from '../context.ts'
import { batch, bytes, first } from '../frames.ts'

const context = testContext()

test('a picture is scaled into a size, and the rest is filled', async () => {
  const settings = { target_width: 2, target_height: 4, padding_color: 'white', interpolation: 'area' } as const
  const { IMAGE } = await resizeAndPadImage.run(
    { image: batch(bytes(4, 2, 1, [0, 4, 8, 12, 0, 4, 8, 12])) },
    settings,
    context,
  )
  expect(first(IMAGE)).toEqual({ size: [2, 4, 1], samples: [255, 255, 2, 10, 255, 255, 255, 255] })
})
