import { z } from 'zod'
import { fillSize } from '../pixels/fill-size.ts'
import { RESIZE_METHODS, resizeFrame } from '../pixels/resize.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { roundHalfEven } from '../sdk/round-half-even.ts'
import type { Frame } from '../sdk/values.ts'

/** ImageScale as ComfyUI has it (nodes.py): 0 for one side keeps the ratio, 0 for both keeps the picture. */
export const imageScale = defineNode({
  id: 'ImageScale',
  title: 'Upscale Image',
  summary: 'Scales a picture to a size in pixels.',
  aliases: ['resize', 'shrink', 'enlarge'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    upscale_method: z.enum(RESIZE_METHODS).default('nearest-exact'),
    width: z.int().min(0).max(16384).default(512).meta({ tooltip: 'In pixels; 0 keeps the ratio.' }),
    height: z.int().min(0).max(16384).default(512).meta({ tooltip: 'In pixels; 0 keeps the ratio.' }),
    crop: z.enum(['disabled', 'center']).default('disabled').meta({
      tooltip: 'center cuts the picture to the new ratio first, disabled stretches it.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { upscale_method, width, height, crop }, context) {
    if (width === 0 && height === 0) return { IMAGE: image }
    const scale = crop === 'center' ? fillSize : resizeFrame
    const frames = []
    for (const frame of image.frames) {
      const target = targetSize(frame, width, height)
      checkPixels(target.width, target.height, context)
      frames.push(await scale(frame, target.width, target.height, upscale_method))
    }
    return { IMAGE: { frames } }
  },
})

function targetSize(frame: Frame, width: number, height: number): { width: number; height: number } {
  return {
    width: width === 0 ? Math.max(1, roundHalfEven((frame.width * height) / frame.height)) : width,
    height: height === 0 ? Math.max(1, roundHalfEven((frame.height * width) / frame.width)) : height,
  }
}
