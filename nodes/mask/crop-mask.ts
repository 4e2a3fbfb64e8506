import { z } from 'zod'
import { cropFrame } from '../pixels/tiles.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'

/** CropMask as ComfyUI has it (comfy_extras/nodes_mask.py), but a rectangle beside the mask is an error. */
export const cropMask = defineNode({
  id: 'CropMask',
  title: 'Crop Mask',
  summary: 'Cuts a rectangle out of a mask.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({
    x: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels to the left of the rectangle.' }),
    y: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels above the rectangle.' }),
    width: z.int().min(1).max(16384).default(512).meta({ tooltip: 'In pixels; at most up to the right edge.' }),
    height: z.int().min(1).max(16384).default(512).meta({ tooltip: 'In pixels; at most up to the bottom edge.' }),
  }),
  outputs: { MASK: { type: 'MASK' } },
  run({ mask }, { x, y, width, height }) {
    const frames = mask.frames.map((frame) => {
      if (x >= frame.width || y >= frame.height) throw outside(x, y, frame)
      return cropFrame(frame, x, y, Math.min(width, frame.width - x), Math.min(height, frame.height - y))
    })
    return { MASK: { frames } }
  },
})

function outside(x: number, y: number, { width, height }: { width: number; height: number }): RestorationError {
  return new RestorationError(
    'invalid_input',
    `Expected a rectangle inside the mask of ${width} × ${height} but it begins at ${x}, ${y}.`,
    'Choose a smaller x or y.',
  )
}
