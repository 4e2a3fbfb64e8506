import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** ImageFromBatch as ComfyUI has it (comfy_extras/nodes_images.py): an index beyond the end means the last picture. */
export const imageFromBatch = defineNode({
  id: 'ImageFromBatch',
  title: 'Get Image from Batch',
  summary: 'Takes some pictures of a batch.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    batch_index: z.int().min(-16384).max(16384).default(0).meta({ tooltip: 'Counted from 0; -1 is the last.' }),
    length: z.int().min(1).max(4096).default(1).meta({ tooltip: 'How many, at most.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image: { frames } }, { batch_index, length }) {
    const asked = batch_index < 0 ? batch_index + frames.length : batch_index
    const first = Math.max(0, Math.min(frames.length - 1, asked))
    return { IMAGE: { frames: frames.slice(first, first + length) } }
  },
})
