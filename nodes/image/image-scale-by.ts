import { z } from 'zod'
import { RESIZE_METHODS } from '../pixels/resize.ts'
import { checkScaled, scaleFrameBy } from '../pixels/scale-by.ts'
import { defineNode } from '../sdk/node.ts'

const SCALES = { min: 0.01, max: 8, step: 0.01 }

/** ImageScaleBy as ComfyUI has it (nodes.py). */
export const imageScaleBy = defineNode({
  id: 'ImageScaleBy',
  title: 'Upscale Image By',
  summary: 'Scales a picture by a factor.',
  aliases: ['resize', 'shrink', 'enlarge'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image', times: 'scale_by' },
  parameters: z.object({
    upscale_method: z.enum(RESIZE_METHODS).default('nearest-exact'),
    scale_by: z.number().min(SCALES.min).max(SCALES.max).default(1).meta({ step: SCALES.step }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { upscale_method, scale_by }, context) {
    checkScaled(image.frames, scale_by, context, SCALES)
    const frames = []
    for (const frame of image.frames) frames.push(await scaleFrameBy(frame, scale_by, upscale_method))
    return { IMAGE: { frames } }
  },
})
