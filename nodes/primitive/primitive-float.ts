import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** ComfyUI's sys.maxsize. */
const LARGEST = 2 ** 63

/** PrimitiveFloat as ComfyUI has it (comfy_extras/nodes_primitive.py). */
export const primitiveFloat = defineNode({
  id: 'PrimitiveFloat',
  title: 'Float',
  summary: 'A number, for several nodes to share.',
  inputs: {},
  parameters: z.object({ value: z.number().min(-LARGEST).max(LARGEST).default(0).meta({ step: 0.1 }) }),
  outputs: { FLOAT: { type: 'FLOAT' } },
  run(_inputs, { value }) {
    return { FLOAT: value }
  },
})
