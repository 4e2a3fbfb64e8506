import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { fullScale } from '../sdk/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** ImageInvert as ComfyUI has it (comfy_extras): 1 − x. Alpha stays. */
export const imageInvert = defineNode({
  id: 'ImageInvert',
  title: 'Invert Image',
  summary: 'Turns each colour into its complement.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  run({ image }) {
    return { IMAGE: { frames: image.frames.map(invert) } }
  },
})

function invert(frame: Frame): Frame {
  const white = fullScale(frame.data)
  const hasAlpha = frame.channels % 2 === 0
  const data = frame.data.map((value, i) =>
    hasAlpha && i % frame.channels === frame.channels - 1 ? value : white - value,
  )
  return { ...frame, data }
}
