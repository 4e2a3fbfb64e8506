import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

const side = z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels over which that side fades.' })

/** FeatherMask as ComfyUI has it (comfy_extras/nodes_mask.py): pixel i of n from a side is multiplied by (i + 1) / n. */
export const featherMask = defineNode({
  id: 'FeatherMask',
  title: 'Feather Mask',
  summary: 'Fades a mask out towards its sides.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({ left: side, top: side, right: side, bottom: side }),
  outputs: { MASK: { type: 'MASK' } },
  run({ mask }, { left, top, right, bottom }) {
    const frames = mask.frames.map((frame) =>
      feather(frame, ramps(frame.width, left, right), ramps(frame.height, top, bottom)),
    )
    return { MASK: { frames } }
  },
})

function ramps(length: number, before: number, after: number): Float32Array {
  const [start, end] = [Math.min(before, length), Math.min(after, length)]
  return Float32Array.from({ length }, (_, i) => Math.min(1, (i + 1) / start) * Math.min(1, (length - i) / end))
}

function feather(frame: Frame, columns: Float32Array, rows: Float32Array): Frame {
  const data = Float32Array.from(frame.data, (value, i) => {
    const x = i % frame.width
    return value * columns[x]! * rows[(i - x) / frame.width]!
  })
  return { ...frame, data }
}
