import { z } from 'zod'
import { writePreviews } from '../pixels/preview.ts'
import { defineNode } from '../sdk/node.ts'

/** MaskPreview as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const maskPreview = defineNode({
  id: 'MaskPreview',
  title: 'Preview Mask',
  summary: 'Shows masks without keeping them: white is masked.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({}),
  outputs: {},
  outputNode: true,
  async run({ mask }, _parameters, context) {
    return { ui: { images: await writePreviews(mask, context, 'ComfyUI_temp_mask') } }
  },
})
