import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

const OPERATIONS = ['multiply', 'add', 'subtract', 'and', 'or', 'xor'] as const

type Operation = (typeof OPERATIONS)[number]

/** MaskComposite as ComfyUI has it (comfy_extras/nodes_mask.py): what lies beyond the destination is left out. */
export const maskComposite = defineNode({
  id: 'MaskComposite',
  title: 'Combine Masks',
  summary: 'Combines two masks where they lie over each other.',
  inputs: {
    destination: { type: 'MASK', tooltip: 'The mask below.' },
    source: { type: 'MASK', tooltip: 'The mask that is laid over it.' },
  },
  parameters: z.object({
    x: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels to the left of the source.' }),
    y: z.int().min(0).max(16384).default(0).meta({ tooltip: 'Pixels above the source.' }),
    operation: z.enum(OPERATIONS).default('multiply').meta({
      tooltip: 'and, or, xor take more than a half as masked, and give 0 or 1.',
    }),
  }),
  outputs: { MASK: { type: 'MASK' } },
  run({ destination, source }, { x, y, operation }) {
    const sources = repeatTo(source.frames, destination.frames.length)
    const combine = COMBINATIONS[operation]
    return { MASK: { frames: destination.frames.map((below, i) => lay(below, sources[i]!, x, y, combine)) } }
  },
})

type Combination = (below: number, above: number) => number

/** A half rounds to even, which is 0. */
const isMasked = (value: number) => value > 0.5

const COMBINATIONS: Readonly<Record<Operation, Combination>> = {
  multiply: (below, above) => below * above,
  add: (below, above) => below + above,
  subtract: (below, above) => below - above,
  and: (below, above) => Number(isMasked(below) && isMasked(above)),
  or: (below, above) => Number(isMasked(below) || isMasked(above)),
  xor: (below, above) => Number(isMasked(below) !== isMasked(above)),
}

function lay(below: Frame, above: Frame, left: number, top: number, combine: Combination): Frame {
  const data = Float32Array.from(below.data, clamped)
  const width = Math.min(above.width, below.width - left)
  const height = Math.min(above.height, below.height - top)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (top + y) * below.width + left + x
      data[to] = clamped(combine(below.data[to]!, above.data[y * above.width + x]!))
    }
  }
  return { ...below, data }
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value))
}
