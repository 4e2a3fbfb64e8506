import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** PrimitiveInt as ComfyUI has it (comfy_extras/nodes_primitive.py). */
export const primitiveInt = defineNode({
  id: 'PrimitiveInt',
  title: 'Int',
  summary: 'A whole number, for several nodes to share.',
  inputs: {},
  parameters: z.object({ value: z.int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).default(0) }),
  outputs: { INT: { type: 'INT' } },
  run(_inputs, { value }) {
    return { INT: value }
  },
})
