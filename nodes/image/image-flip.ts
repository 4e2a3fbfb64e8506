import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { rearrange } from './rearrange.ts'

/** ImageFlip as ComfyUI has it (comfy_extras/nodes_images.py). */
export const imageFlip = defineNode({
  id: 'ImageFlip',
  title: 'Flip Image',
  summary: 'Mirrors a picture top to bottom or left to right; no pixel changes.',
  aliases: ['mirror'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image' },
  parameters: z.object({
    flip_method: z.enum(['x-axis: vertically', 'y-axis: horizontally']).default('x-axis: vertically'),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }, { flip_method }) {
    const frames = image.frames.map((frame) => {
      const { width, height } = frame
      return flip_method === 'x-axis: vertically'
        ? rearrange(frame, width, height, (x, y) => (height - 1 - y) * width + x)
        : rearrange(frame, width, height, (x, y) => y * width + width - 1 - x)
    })
    return { IMAGE: { frames } }
  },
})
