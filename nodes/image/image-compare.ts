import { z } from 'zod'
import { writePreviews } from '../pixels/preview.ts'
import { defineNode } from '../sdk/node.ts'

/** Two pictures under one slider (ComfyUI 2026-01, #11343). */
export const imageCompare = defineNode({
  id: 'ImageCompare',
  title: 'Compare Images',
  summary: 'Shows two pictures on top of each other, with a slider between before and after.',
  aliases: ['before and after', 'slider'],
  inputs: {
    image_a: { type: 'IMAGE', optional: true, tooltip: 'Before.' },
    image_b: { type: 'IMAGE', optional: true, tooltip: 'After.' },
  },
  parameters: z.object({}),
  outputs: {},
  outputNode: true,
  async run({ image_a, image_b }, _parameters, context) {
    const write = async (image: typeof image_a) =>
      image === undefined ? [] : await writePreviews(image, context, 'ComfyUI_temp_compare')
    return { ui: { a_images: await write(image_a), b_images: await write(image_b) } }
  },
})
