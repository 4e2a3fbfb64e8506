import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** RebatchImages as ComfyUI has it (comfy_extras/nodes_rebatch.py); pictures of one batch may differ in size. */
export const rebatchImages = defineNode({
  id: 'RebatchImages',
  title: 'Rebatch Images',
  summary: 'Cuts batches and lists of pictures into a list of batches of a size: 1 for a list of single pictures.',
  inputs: { images: { type: 'IMAGE' } },
  listInput: true,
  parameters: z.object({ batch_size: z.int().min(1).max(4096).default(1) }),
  outputs: { IMAGE: { type: 'IMAGE', list: true } },
  run({ images }, { batch_size }) {
    const frames = images.flatMap((image) => image.frames)
    const count = Math.ceil(frames.length / batch_size)
    return {
      IMAGE: Array.from({ length: count }, (_, i) => ({
        frames: frames.slice(i * batch_size, (i + 1) * batch_size),
      })),
    }
  },
})
