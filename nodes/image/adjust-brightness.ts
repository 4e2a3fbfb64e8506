import { z } from 'zod'
import { mapColours } from '../pixels/colours.ts'
import { defineNode } from '../sdk/node.ts'

/** AdjustBrightness as ComfyUI has it (comfy_extras/nodes_dataset.py). */
export const adjustBrightness = defineNode({
  id: 'AdjustBrightness',
  title: 'Adjust Brightness',
  summary: 'Multiplies every colour by a factor; black stays black.',
  aliases: ['exposure', 'lighten', 'darken'],
  inputs: { images: { type: 'IMAGE' } },
  size: { of: 'images' },
  parameters: z.object({
    factor: z.number().min(0).max(2).default(1).meta({ step: 0.01, tooltip: '1 is no change, more is brighter.' }),
  }),
  outputs: { images: { type: 'IMAGE' } },
  run({ images }, { factor }) {
    const change = (value: number) => Math.min(1, Math.max(0, value * factor))
    return { images: { frames: images.frames.map((frame) => mapColours(frame, change)) } }
  },
})
