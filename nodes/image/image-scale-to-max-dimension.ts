import { z } from 'zod'
import { resizeFrame } from '../pixels/resize.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { roundHalfEven } from '../sdk/round-half-even.ts'

const METHODS = ['area', 'lanczos', 'bilinear', 'nearest-exact', 'bicubic'] as const

/** ImageScaleToMaxDimension as ComfyUI has it (comfy_extras/nodes_images.py). */
export const imageScaleToMaxDimension = defineNode({
  id: 'ImageScaleToMaxDimension',
  title: 'Scale Image to Max Dimension',
  summary: 'Scales a picture so that its longer side has a length.',
  aliases: ['resize', 'shrink'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    upscale_method: z.enum(METHODS).default('area'),
    largest_size: z.int().min(0).max(16384).default(512).meta({
      tooltip: 'Length of the longer side in pixels; 0 keeps the picture.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { upscale_method, largest_size }, context) {
    if (largest_size === 0) return { IMAGE: image }
    const frames = []
    for (const frame of image.frames) {
      const longest = Math.max(frame.width, frame.height)
      const side = (length: number) => Math.max(1, roundHalfEven((length / longest) * largest_size))
      const [width, height] = [side(frame.width), side(frame.height)]
      checkPixels(width, height, context)
      frames.push(await resizeFrame(frame, width, height, upscale_method))
    }
    return { IMAGE: { frames } }
  },
})
