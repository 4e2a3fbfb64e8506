import { z } from 'zod'
import { pairFrames } from '../pixels/pair-frames.ts'
import { defineNode } from '../sdk/node.ts'
import { showValues } from './show-values.ts'
import { ssimY } from './ssim-y.ts'

export const imageSsim = defineNode({
  id: 'ImageSSIM',
  title: 'SSIM',
  summary: 'Structural similarity of the luma against a reference (Wang et al. 2004): 1 is equal.',
  aliases: ['quality'],
  inputs: { image: { type: 'IMAGE' }, reference: { type: 'IMAGE', tooltip: 'The true picture, of the same size.' } },
  parameters: z.object({}),
  outputs: { ssim: { type: 'FLOAT', tooltip: 'At most 1; the mean over a batch.' } },
  outputNode: true,
  async run({ image, reference }, _parameters, { signal }) {
    const values = []
    for (const [frame, target] of pairFrames(image, reference)) values.push(await ssimY(frame, target, signal))
    const { mean, text } = showValues('SSIM-Y', values, 4)
    return { ssim: mean, ui: { text } }
  },
})
