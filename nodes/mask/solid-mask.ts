import { z } from 'zod'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** SolidMask as ComfyUI has it (comfy_extras/nodes_mask.py). */
export const solidMask = defineNode({
  id: 'SolidMask',
  title: 'Create Solid Mask',
  summary: 'A mask of one value.',
  inputs: {},
  parameters: z.object({
    value: z.number().min(0).max(1).default(1).meta({ step: 0.01, tooltip: '1 masks everything, 0 nothing.' }),
    width: z.int().min(1).max(16384).default(512),
    height: z.int().min(1).max(16384).default(512),
  }),
  outputs: { MASK: { type: 'MASK' } },
  run(_inputs, { value, width, height }, context) {
    checkPixels(width, height, context)
    const data = new Float32Array(width * height).fill(value)
    const frame: Frame = { width, height, channels: 1, data }
    return { MASK: { frames: [frame] } }
  },
})
