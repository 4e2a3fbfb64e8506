import { expect, test } from 'vitest'
import { previewImage } from '../../../nodes/image/preview-image.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

test('each picture of a batch is shown, and none is kept', async () => {
  const { ui } = await previewImage.run({ images: batch(noiseFrame(3, 2), noiseFrame(2, 3)) }, {}, testContext())
  expect(ui?.images).toEqual([
    { filename: 'ComfyUI_temp_preview_00001_.png', subfolder: '', type: 'temp' },
    { filename: 'ComfyUI_temp_preview_00002_.png', subfolder: '', type: 'temp' },
  ])
})
