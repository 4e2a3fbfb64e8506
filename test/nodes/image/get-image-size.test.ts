import { expect, test } from 'vitest'
import { getImageSize } from '../../../nodes/image/get-image-size.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

test('a batch is measured, and its size is shown', async () => {
  const said: string[] = []
  const image = batch(noiseFrame(2, 1), noiseFrame(2, 1), noiseFrame(2, 1))
  const size = await getImageSize.run({ image }, {}, { ...testContext(), say: (text) => said.push(text) })
  expect(size).toEqual({ width: 2, height: 1, batch_size: 3 })
  expect(said.join()).toContain('width: 2')
})
