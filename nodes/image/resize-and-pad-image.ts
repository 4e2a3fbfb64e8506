import { z } from 'zod'
import { resizeFrame } from '../pixels/resize.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import { canvas, paste } from './canvas.ts'

const METHODS = ['area', 'bicubic', 'nearest-exact', 'bilinear', 'lanczos'] as const

/** ResizeAndPadImage as ComfyUI has it (comfy_extras/nodes_images.py). */
export const resizeAndPadImage = defineNode({
  id: 'ResizeAndPadImage',
  title: 'Resize And Pad Image',
  summary: 'Fits a picture into a size and fills up the rest: product pictures on one square, for example.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    target_width: z.int().min(1).max(16384).default(512),
    target_height: z.int().min(1).max(16384).default(512),
    padding_color: z.enum(['white', 'black']).default('white'),
    interpolation: z.enum(METHODS).default('area'),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image }, { target_width, target_height, padding_color, interpolation }, context) {
    checkPixels(target_width, target_height, context)
    const frames = []
    for (const frame of image.frames) {
      const scale = Math.min(target_width / frame.width, target_height / frame.height)
      const side = (length: number) => Math.max(1, Math.trunc(length * scale))
      const fitted = await resizeFrame(frame, side(frame.width), side(frame.height), interpolation)
      const whole = canvas(fitted, target_width, target_height, () => (padding_color === 'white' ? 1 : 0))
      const left = Math.floor((target_width - fitted.width) / 2)
      paste(whole, fitted, left, Math.floor((target_height - fitted.height) / 2))
      frames.push(whole)
    }
    return { IMAGE: { frames } }
  },
})
