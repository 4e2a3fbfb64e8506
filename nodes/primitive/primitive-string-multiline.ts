import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** PrimitiveStringMultiline as ComfyUI has it (comfy_extras/nodes_primitive.py). */
export const primitiveStringMultiline = defineNode({
  id: 'PrimitiveStringMultiline',
  title: 'String (Multiline)',
  summary: 'A text of several lines, for several nodes to share.',
  inputs: {},
  parameters: z.object({ value: z.string().default('').meta({ multiline: true }) }),
  outputs: { STRING: { type: 'STRING' } },
  run(_inputs, { value }) {
    return { STRING: value }
  },
})
