import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'

/** AdjustContrast as ComfyUI has it (comfy_extras/nodes_dataset.py). */
export const adjustContrast = defineNode({
  id: 'AdjustContrast',
  title: 'Adjust Contrast',
  summary: 'Moves every colour away from mid grey, or towards it.',
  inputs: { images: { type: 'IMAGE' } },
  size: { of: 'images' },
  parameters: z.object({
    factor: z.number().min(0).max(2).default(1).meta({ step: 0.01, tooltip: '1 is no change, more is more contrast.' }),
  }),
  outputs: { images: { type: 'IMAGE' } },
  run({ images }, { factor }) {
    const change = (value: number) => Math.min(1, Math.max(0, (value - 0.5) * factor + 0.5))
    return { images: { frames: images.frames.map((frame) => mapColours(frame, change)) } }
  },
})
