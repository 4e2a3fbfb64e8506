import { z } from 'zod'
import { decodeImage } from '../pixels/decode.ts'
import { defineNode } from '../sdk/node.ts'
import { channelMask } from './channel-mask.ts'

/** LoadImageMask as ComfyUI has it (nodes.py): alpha is 1 − alpha, or 64 × 64 zeros where there is none. */
export const loadImageMask = defineNode({
  id: 'LoadImageMask',
  title: 'Load Image (as Mask)',
  summary: 'Reads one channel of a picture from the input folder as a mask.',
  inputs: {},
  parameters: z.object({
    image: z.string().meta({ optionsFrom: 'input_images', tooltip: 'A picture in the input folder.' }),
    channel: z.enum(['alpha', 'red', 'green', 'blue']).default('alpha').meta({
      tooltip: 'alpha masks what is transparent, a colour what is bright in it.',
    }),
  }),
  outputs: { MASK: { type: 'MASK' } },
  fingerprint: ({ image }, context) => context.files.fingerprint(image),
  async run(_inputs, { image, channel }, context) {
    const { frame, mask, notes } = await decodeImage(await context.files.read(image), image, context.maxPixels)
    if (notes.length > 0) context.warn(notes.join('\n'))
    const empty = { width: 64, height: 64, channels: 1, data: new Float32Array(64 * 64) } as const
    return { MASK: { frames: [channel === 'alpha' ? (mask ?? empty) : channelMask(frame, channel)] } }
  },
})
