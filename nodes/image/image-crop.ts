import { z } from 'zod'
import { cropFrame } from '../pixels/tiles.ts'
import { defineNode } from '../sdk/node.ts'
import { rectangleIn } from '../sdk/rectangle.ts'

const rectangle = { x: 'x', y: 'y', width: 'width', height: 'height' } as const

/** ImageCrop as ComfyUI has it (comfy_extras/nodes_images.py): what lies beyond the picture is left out. */
export const imageCrop = defineNode({
  id: 'ImageCrop',
  title: 'Crop Image',
  summary: 'Cuts a rectangle out of a picture.',
  aliases: ['cut out', 'cut off edges', 'trim'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image', rectangle },
  parameters: z.object({
    width: z.int().min(1).max(16384).default(512).meta({ tooltip: 'In pixels; at most up to the right edge.' }),
    height: z.int().min(1).max(16384).default(512).meta({ tooltip: 'In pixels; at most up to the bottom edge.' }),
    x: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels to the left of the rectangle.' }),
    y: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels above the rectangle.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  tool: { kind: 'rectangle', on: 'image', ...rectangle },
  run({ image }, parameters) {
    const frames = image.frames.map((frame) => {
      const { x, y, width, height } = rectangleIn(frame, parameters)
      return cropFrame(frame, x, y, width, height)
    })
    return { IMAGE: { frames } }
  },
})
