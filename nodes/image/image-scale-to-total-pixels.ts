import { z } from 'zod'
import { RESIZE_METHODS, resizeFrame } from '../pixels/resize.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { roundHalfEven } from '../sdk/round-half-even.ts'

/** ImageScaleToTotalPixels as ComfyUI has it (comfy_extras/nodes_post_processing.py): a megapixel is 1024². */
export const imageScaleToTotalPixels = defineNode({
  id: 'ImageScaleToTotalPixels',
  title: 'Scale Image to Total Pixels',
  summary: 'Scales a picture to a number of megapixels.',
  aliases: ['resize', 'shrink', 'megapixels'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    upscale_method: z.enum(RESIZE_METHODS).default('nearest-exact'),
    megapixels: z.number().min(0.01).max(16).default(1).meta({ step: 0.01, tooltip: 'Of 1024 × 1024 pixels each.' }),
    resolution_steps: z.int().min(1).max(256).default(1).meta({
      optional: true,
      tooltip: 'Both sides become a multiple of this.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { upscale_method, megapixels, resolution_steps }, context) {
    const frames = []
    for (const frame of image.frames) {
      const scale = Math.sqrt((megapixels * 1024 * 1024) / (frame.width * frame.height))
      const side = (length: number) =>
        Math.max(1, roundHalfEven((length * scale) / resolution_steps)) * resolution_steps
      const [width, height] = [side(frame.width), side(frame.height)]
      checkPixels(width, height, context)
      frames.push(await resizeFrame(frame, width, height, upscale_method))
    }
    return { IMAGE: { frames } }
  },
})
