import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { CHANNELS, channelMask } from './channel-mask.ts'

/** ImageToMask as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const imageToMask = defineNode({
  id: 'ImageToMask',
  title: 'Convert Image to Mask',
  summary: 'One channel of a picture as a mask: where it is bright, it masks.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({ channel: z.enum(CHANNELS).default('red') }),
  outputs: { MASK: { type: 'MASK' } },
  run({ image }, { channel }) {
    return { MASK: { frames: image.frames.map((frame) => channelMask(frame, channel)) } }
  },
})
