import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'

/** ThresholdMask as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const thresholdMask = defineNode({
  id: 'ThresholdMask',
  title: 'Threshold Mask',
  summary: 'Masks fully where a mask is above a value, and nowhere else.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({ value: z.number().min(0).max(1).default(0.5).meta({ step: 0.01 }) }),
  outputs: { MASK: { type: 'MASK' } },
  run({ mask }, { value: limit }) {
    return { MASK: { frames: mask.frames.map((frame) => mapColours(frame, (value) => (value > limit ? 1 : 0))) } }
  },
})
