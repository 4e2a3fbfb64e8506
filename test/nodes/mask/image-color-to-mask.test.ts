import { expect, test } from 'vitest'
import { imageColorToMask } from '../../../nodes/mask/image-color-to-mask.ts'
import { testContext } from '../context.ts'
import { batch, first, floats } from '../frames.ts'

const context = testContext()

test('a mask of a picture is where it has a colour, compared with 8 bits', async () => {
  const image = batch(floats(3, 1, 3, [1, 0.5, 0, 1.3, 0.5019, -0.1, 1, 0.498, 0]))
  const { MASK } = await imageColorToMask.run({ image }, { color: 0xff8000 }, context)
  expect(first(MASK).samples).toEqual([1, 1, 0])
})
