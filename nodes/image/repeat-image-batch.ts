import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { defineNode } from '../sdk/node.ts'

/** RepeatImageBatch as ComfyUI has it (comfy_extras/nodes_images.py): all pictures, and then all again. */
export const repeatImageBatch = defineNode({
  id: 'RepeatImageBatch',
  title: 'Repeat Image Batch',
  summary: 'Repeats the pictures of a batch.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({ amount: z.int().min(1).max(4096).default(1).meta({ tooltip: 'How often each is there.' }) }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image: { frames } }, { amount }) {
    return { IMAGE: { frames: repeatTo(frames, frames.length * amount) } }
  },
})
