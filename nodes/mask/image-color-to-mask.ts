import { z } from 'zod'
import { toDepth, toRgb } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** ImageColorToMask as ComfyUI has it (comfy_extras/nodes_mask.py): colours are compared with 8 bits. */
export const imageColorToMask = defineNode({
  id: 'ImageColorToMask',
  title: 'Convert Image Color to Mask',
  summary: 'Masks every pixel of exactly one colour.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({
    color: z.int().min(0).max(0xffffff).default(0).meta({
      tooltip: '65536 · red + 256 · green + blue, each 0 to 255; 16777215 is white.',
    }),
  }),
  outputs: { MASK: { type: 'MASK' } },
  run({ image }, { color }) {
    return { MASK: { frames: image.frames.map((frame) => colourMask(frame, color)) } }
  },
})

function colourMask(frame: Frame, colour: number): Frame {
  const { width, height, data: rgb } = toDepth(toRgb(frame), 'uint8')
  const data = new Float32Array(width * height)
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    data[i] = ((rgb[at]! << 16) | (rgb[at + 1]! << 8) | rgb[at + 2]!) === colour ? 1 : 0
  }
  return { width, height, channels: 1, data }
}
