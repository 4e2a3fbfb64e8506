import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { checkPixels } from '../sdk/checks.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** EmptyImage as ComfyUI has it (nodes.py). */
export const emptyImage = defineNode({
  id: 'EmptyImage',
  title: 'Empty Image',
  summary: 'A picture of one colour.',
  inputs: {},
  parameters: z.object({
    width: z.int().min(1).max(16384).default(512),
    height: z.int().min(1).max(16384).default(512),
    batch_size: z.int().min(1).max(4096).default(1),
    color: z.int().min(0).max(0xffffff).default(0).meta({
      tooltip: '65536 · red + 256 · green + blue, each 0 to 255; 16777215 is white.',
    }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run(_inputs, { width, height, batch_size, color }, context) {
    checkPixels(width, height, context)
    const data = new Uint8Array(width * height * 3)
    const rgb = [(color >> 16) & 0xff, (color >> 8) & 0xff, color & 0xff]
    for (let at = 0; at < data.length; at++) data[at] = rgb[at % 3]!
    const frame: Frame = { width, height, channels: 3, data }
    return { IMAGE: { frames: repeatTo([frame], batch_size) } }
  },
})
