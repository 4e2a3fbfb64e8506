import { z } from 'zod'
import { repeatTo } from '../pixels/batch.ts'
import { storing } from '../pixels/colours.ts'
import { resizeFrame } from '../pixels/resize.ts'
import { depthOf, samplesOf, toRgb } from '../pixels/samples.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'

/** JoinImageWithAlpha as ComfyUI has it (comfy_extras/nodes_compositing.py): alpha is 1 − mask. */
export const joinImageWithAlpha = defineNode({
  id: 'JoinImageWithAlpha',
  title: 'Join Image with Alpha',
  summary:
    'Makes a picture transparent where a mask is. Join last: what scales or blurs afterwards mixes what is hidden into the edges.',
  inputs: {
    image: { type: 'IMAGE' },
    alpha: { type: 'MASK', tooltip: '1 becomes transparent; scaled to the picture.' },
  },
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image, alpha }) {
    const count = Math.max(image.frames.length, alpha.frames.length)
    const masks = repeatTo(alpha.frames, count)
    const frames = []
    for (const [i, frame] of repeatTo(image.frames, count).entries())
      frames.push(join(toRgb(frame), await resizeFrame(masks[i]!, frame.width, frame.height, 'bilinear')))
    return { IMAGE: { frames } }
  },
})

function join(frame: Frame, mask: Frame): Frame {
  const data = samplesOf(depthOf(frame.data), mask.data.length * 4)
  const store = storing(data)
  for (let i = 0; i < mask.data.length; i++) {
    for (let c = 0; c < 3; c++) data[i * 4 + c] = frame.data[i * 3 + c]!
    store(i * 4 + 3, 1 - mask.data[i]!)
  }
  return { ...frame, channels: 4, data }
}
