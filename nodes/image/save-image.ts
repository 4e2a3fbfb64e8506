import { z } from 'zod'
import { encodeFrame, graphTexts } from '../pixels/encode.ts'
import { defineNode } from '../sdk/node.ts'
import { filenamePrefix } from './filename-prefix.ts'

/** SaveImage as ComfyUI has it (nodes.py); 16-bit pictures are saved with 16 bits. */
export const saveImage = defineNode({
  id: 'SaveImage',
  title: 'Save Image',
  summary: 'Writes pictures to the output folder as PNG, with the graph inside.',
  aliases: ['export', 'PNG'],
  inputs: { images: { type: 'IMAGE', tooltip: 'The pictures to save.' } },
  parameters: z.object({
    filename_prefix: z.string().default('ComfyUI').meta({
      tooltip: 'Start of the file name; may hold folders and %width%, %height%, %year%, %month%, %day%.',
    }),
  }),
  outputs: {},
  outputNode: true,
  async run({ images }, { filename_prefix }, context) {
    const saved = []
    for (const [i, frame] of images.frames.entries()) {
      const png = await encodeFrame(frame, graphTexts(context))
      saved.push(await context.files.write('output', filenamePrefix(filename_prefix, frame, i), 'png', png))
    }
    return { ui: { images: saved } }
  },
})
