import { z } from 'zod'
import { cropFrame } from '../pixels/tiles.ts'
import { defineNode } from '../sdk/node.ts'
import { ALL, type Rectangle, rectangleIn } from '../sdk/rectangle.ts'
import type { PictureSize } from '../sdk/scaled-size.ts'

const rectangle = { x: 'x', y: 'y', width: 'width', height: 'height' } as const

/** ImageCrop as ComfyUI has it (comfy_extras/nodes_images.py): what lies beyond the picture is left out. Of 16384 × 16384 it takes larger pictures whole. */
export const imageCrop = defineNode({
  id: 'ImageCrop',
  title: 'Crop Image',
  summary: 'Cuts a rectangle out of a picture.',
  aliases: ['cut out', 'cut off edges', 'trim'],
  inputs: { image: { type: 'IMAGE' } },
  size: { of: 'image', rectangle },
  parameters: z.object({
    width: z
      .int()
      .min(1)
      .max(ALL)
      .default(512)
      .meta({ tooltip: 'In pixels; at most up to the right edge. Both 16384: all of it.' }),
    height: z.int().min(1).max(ALL).default(512).meta({ tooltip: 'In pixels; at most up to the bottom edge.' }),
    x: z.int().min(0).max(ALL).default(0).meta({ tooltip: 'Pixels to the left of the rectangle.' }),
    y: z.int().min(0).max(ALL).default(0).meta({ tooltip: 'Pixels above the rectangle.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  tool: { kind: 'rectangle', on: 'image', ...rectangle },
  run({ image }, wanted, context) {
    const frames = image.frames.map((frame) => {
      const there = rectangleIn(frame, wanted)
      if (isBeside(frame, wanted)) context.warn(besideWords(frame, wanted))
      else if (isCut(wanted, there)) context.say(cutWords(wanted, there))
      return cropFrame(frame, there.x, there.y, there.width, there.height)
    })
    return { IMAGE: { frames } }
  },
})

function isBeside({ width, height }: PictureSize, { x, y }: Rectangle): boolean {
  return x >= width || y >= height
}

function besideWords({ width, height }: PictureSize, { x, y }: Rectangle): string {
  return `the rectangle begins at ${x}, ${y}, beyond the picture (${width} × ${height}), so that only its edge is left: set it anew`
}

/** Whether less is there than somebody asked for, who did not ask for all there is. */
function isCut(wanted: Rectangle, there: Rectangle): boolean {
  const isLess = (side: 'width' | 'height') => wanted[side] < ALL && there[side] < wanted[side]
  return isLess('width') || isLess('height')
}

function cutWords(wanted: Rectangle, there: Rectangle): string {
  return `of ${wanted.width} × ${wanted.height} only ${there.width} × ${there.height} lie in the picture`
}
