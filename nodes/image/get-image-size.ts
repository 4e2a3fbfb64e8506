import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'

/** GetImageSize as ComfyUI has it (comfy_extras/nodes_images.py). */
export const getImageSize = defineNode({
  id: 'GetImageSize',
  title: 'Get Image Size',
  summary: 'Width and height of a picture, and how many there are.',
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({}),
  outputs: {
    width: { type: 'INT', tooltip: 'In pixels, of the first picture.' },
    height: { type: 'INT', tooltip: 'In pixels, of the first picture.' },
    batch_size: { type: 'INT' },
  },
  run({ image: { frames } }, _parameters, context) {
    const { width, height } = frames[0]!
    context.say(`width: ${width}, height: ${height}\n batch size: ${frames.length}`)
    return { width, height, batch_size: frames.length }
  },
})
