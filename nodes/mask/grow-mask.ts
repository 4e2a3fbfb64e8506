import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** GrowMask as ComfyUI has it (comfy_extras/nodes_mask.py): scipy's grey dilation or erosion, pixel by pixel. */
export const growMask = defineNode({
  id: 'GrowMask',
  title: 'Grow Mask',
  summary: 'Makes what is masked larger, or smaller.',
  inputs: { mask: { type: 'MASK' } },
  parameters: z.object({
    expand: z.int().min(-16384).max(16384).default(0).meta({ tooltip: 'In pixels; less than 0 shrinks.' }),
    tapered_corners: z.boolean().default(true).meta({ tooltip: 'Grow along rows and columns only: corners are cut.' }),
  }),
  outputs: { MASK: { type: 'MASK' } },
  async run({ mask }, { expand, tapered_corners }, { signal }) {
    const frames = []
    for (const frame of mask.frames) frames.push(await grow(frame, expand, tapered_corners, signal))
    return { MASK: { frames } }
  },
})

async function grow(frame: Frame, expand: number, tapered: boolean, signal: AbortSignal): Promise<Frame> {
  const pick = expand < 0 ? Math.min : Math.max
  const step = tapered ? growAcross : growAround
  let data = Float32Array.from(frame.data)
  for (let i = 0; i < Math.abs(expand); i++) {
    const grown = step(data, frame.width, pick)
    if (grown.every((value, at) => value === data[at])) break
    data = grown
    await setImmediate()
    signal.throwIfAborted()
  }
  return { ...frame, data }
}

type Pick = (a: number, b: number) => number
type Plane = Float32Array<ArrayBuffer>

/** Each pixel becomes the extreme of itself and its four neighbours; there is nothing beyond the edge. */
function growAcross(data: Plane, width: number, pick: Pick): Plane {
  const result = alongRows(data, width, pick)
  alongColumns(data, width, pick, result)
  return result
}

/** The same with all eight neighbours. */
function growAround(data: Plane, width: number, pick: Pick): Plane {
  const rows = alongRows(data, width, pick)
  const result = rows.slice()
  alongColumns(rows, width, pick, result)
  return result
}

function alongRows(data: Plane, width: number, pick: Pick): Plane {
  const result = data.slice()
  for (let start = 0; start < data.length; start += width) {
    for (let at = start + 1; at < start + width; at++) {
      result[at] = pick(result[at]!, data[at - 1]!)
      result[at - 1] = pick(result[at - 1]!, data[at]!)
    }
  }
  return result
}

function alongColumns(data: Plane, width: number, pick: Pick, result: Plane): void {
  for (let at = width; at < data.length; at++) {
    result[at] = pick(result[at]!, data[at - width]!)
    result[at - width] = pick(result[at - width]!, data[at]!)
  }
}
