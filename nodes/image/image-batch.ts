import { z } from 'zod'
import { alignChannels } from '../pixels/channels.ts'
import { fillSize } from '../pixels/fill-size.ts'
import { defineNode } from '../sdk/node.ts'

/** ImageBatch as ComfyUI has it (nodes.py). */
export const imageBatch = defineNode({
  id: 'ImageBatch',
  title: 'Batch Images',
  summary: 'Puts pictures one behind the other; those of the second input get the size of the first.',
  inputs: { image1: { type: 'IMAGE' }, image2: { type: 'IMAGE' } },
  equalInputs: true,
  parameters: z.object({}),
  outputs: { IMAGE: { type: 'IMAGE' } },
  async run({ image1, image2 }) {
    const [first, second] = alignChannels(image1, image2)
    const { width, height } = first!.frames[0]!
    const frames = [...first!.frames]
    for (const frame of second!.frames) {
      const same = frame.width === width && frame.height === height
      frames.push(same ? frame : await fillSize(frame, width, height, 'bilinear'))
    }
    return { IMAGE: { frames } }
  },
})
