import { z } from 'zod'
import { writePreviews } from '../pixels/preview.ts'
import { defineNode } from '../sdk/node.ts'

/** PreviewImage as ComfyUI has it (nodes.py). */
export const previewImage = defineNode({
  id: 'PreviewImage',
  title: 'Preview Image',
  summary: 'Shows pictures without keeping them.',
  inputs: { images: { type: 'IMAGE', tooltip: 'The pictures to show.' } },
  parameters: z.object({}),
  outputs: {},
  outputNode: true,
  async run({ images }, _parameters, context) {
    return { ui: { images: await writePreviews(images, context, 'ComfyUI_temp_preview') } }
  },
})
