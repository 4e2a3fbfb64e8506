import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** PrimitiveBoolean as ComfyUI has it (comfy_extras/nodes_primitive.py). */
export const primitiveBoolean = defineNode({
  id: 'PrimitiveBoolean',
  title: 'Boolean',
  summary: 'Yes or no, for several nodes to share.',
  inputs: {},
  parameters: z.object({ value: z.boolean().default(false) }),
  outputs: { BOOLEAN: { type: 'BOOLEAN' } },
  run(_inputs, { value }) {
    return { BOOLEAN: value }
  },
})
