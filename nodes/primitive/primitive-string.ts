import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** PrimitiveString as ComfyUI has it (comfy_extras/nodes_primitive.py). */
export const primitiveString = defineNode({
  id: 'PrimitiveString',
  title: 'String',
  summary: 'A line of text, for several nodes to share.',
  inputs: {},
  parameters: z.object({ value: z.string().default('') }),
  outputs: { STRING: { type: 'STRING' } },
  run(_inputs, { value }) {
    return { STRING: value }
  },
})
