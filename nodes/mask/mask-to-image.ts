import { z } from 'zod'
import { withChannels } from '../pixels/channels.ts'
import { defineNode } from '../sdk/node.ts'

/** MaskToImage as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const maskToImage = defineNode({
  id: 'MaskToImage',
  title: 'Convert Mask to Image',
  summary: 'A mask as a grey picture: white where it masks.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ mask }) {
    return { IMAGE: { frames: mask.frames.map((frame) => withChannels(frame, 3)) } }
  },
})
