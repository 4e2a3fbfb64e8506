import { z } from 'zod'
import { decodeImage } from '../sdk/decode.ts'
import { defineNode } from '../sdk/node.ts'

/** LoadImage as ComfyUI has it (nodes.py): MASK is 1 − alpha, or 64 × 64 zeros where there is no alpha. */
export const loadImage = defineNode({
  id: 'LoadImage',
  title: 'Load Image',
  summary: 'Reads a picture from the input folder; its transparency becomes the mask.',
  inputs: {},
  parameters: z.object({
    image: z.string().meta({ optionsFrom: 'input_images', tooltip: 'A picture in the input folder.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' }, MASK: { type: 'MASK' } },
  fingerprint: ({ image }, context) => context.files.fingerprint(image),
  async run(_inputs, { image }, context) {
    const bytes = await context.files.read(image)
    const { frame, mask } = await decodeImage(bytes, image, context.maxPixels)
    const empty = { width: 64, height: 64, channels: 1, data: new Float32Array(64 * 64) } as const
    return { IMAGE: { frames: [frame] }, MASK: { frames: [mask ?? empty] } }
  },
})
