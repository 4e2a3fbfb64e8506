import { z } from 'zod'
import { decodeImages } from '../pixels/decode.ts'
import { defineNode } from '../sdk/node.ts'

/**
 * LoadImage as ComfyUI has it (nodes.py): MASK is 1 − alpha, or 64 × 64 zeros where there is no alpha; a file of several
 * pictures is a batch of all but previews, also of several sizes, where ComfyUI leaves out what is not as large as the first.
 */
export const loadImage = defineNode({
  id: 'LoadImage',
  title: 'Load Image',
  summary:
    'Reads a picture from the input folder; its transparency becomes the mask. The frames of a GIF or WebP and the pages of a TIFF are a batch. Of a damaged file it loads what is there, and says so.',
  aliases: ['open a picture', 'photo'],
  inputs: {},
  parameters: z.object({
    image: z.string().meta({ optionsFrom: 'input_images', tooltip: 'A picture in the input folder.' }),
  }),
  outputs: { IMAGE: { type: 'IMAGE' }, MASK: { type: 'MASK' } },
  fingerprint: ({ image }, context) => context.files.fingerprint(image),
  async run(_inputs, { image }, context) {
    const bytes = await context.files.read(image)
    const { images, notes } = await decodeImages(bytes, image, context.maxPixels, context.signal)
    if (notes.length > 0) context.warn(notes.join('\n'))
    const empty = { width: 64, height: 64, channels: 1, data: new Float32Array(64 * 64) } as const
    return {
      IMAGE: { frames: images.map(({ frame }) => frame) },
      MASK: { frames: images.map(({ mask = empty }) => mask) },
    }
  },
})
