import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'

/** InvertMask as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const invertMask = defineNode({
  id: 'InvertMask',
  title: 'Invert Mask',
  summary: 'Masks what was not masked.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({}),
  outputs: { MASK: { type: 'MASK' } },
  run({ mask }) {
    return { MASK: { frames: mask.frames.map((frame) => mapColours(frame, (value) => 1 - value)) } }
  },
})
