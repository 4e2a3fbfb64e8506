import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { rearrange } from './rearrange.ts'

const ROTATIONS = ['none', '90 degrees', '180 degrees', '270 degrees'] as const

/** ImageRotate as ComfyUI has it (comfy_extras/nodes_images.py). */
export const imageRotate = defineNode({
  id: 'ImageRotate',
  title: 'Rotate Image',
  summary: 'Turns a picture clockwise by quarters; no pixel changes.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({ rotation: z.enum(ROTATIONS).default('none') }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }, { rotation }) {
    return { IMAGE: { frames: image.frames.map((frame) => turn(frame, rotation)) } }
  },
})

function turn(frame: Frame, rotation: (typeof ROTATIONS)[number]): Frame {
  const { width, height } = frame
  switch (rotation) {
    case 'none':
      return frame
    case '90 degrees':
      return rearrange(frame, height, width, (x, y) => (height - 1 - x) * width + y)
    case '180 degrees':
      return rearrange(frame, width, height, (x, y) => (height - 1 - y) * width + width - 1 - x)
    case '270 degrees':
      return rearrange(frame, height, width, (x, y) => x * width + width - 1 - y)
  }
}
