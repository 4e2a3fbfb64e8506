import { z } from 'zod'
import { pairFrames } from '../pixels/pair-frames.ts'
import { defineNode } from '../sdk/node.ts'
import { psnrY } from './psnr-y.ts'
import { showValues } from './show-values.ts'

export const imagePsnr = defineNode({
  id: 'ImagePSNR',
  title: 'PSNR',
  summary:
    'Peak signal-to-noise ratio of the luma (BT.601) against a reference, in dB: higher is closer, 100 is equal.',
  aliases: ['quality'],
  inputs: { image: { type: 'IMAGE' }, reference: { type: 'IMAGE', tooltip: 'The true picture, of the same size.' } },
  parameters: z.object({}),
  outputs: { psnr: { type: 'FLOAT', tooltip: 'In dB; the mean over a batch.' } },
  outputNode: true,
  run({ image, reference }) {
    const values = pairFrames(image, reference).map(([frame, target]) => psnrY(frame, target))
    const { mean, text } = showValues('PSNR-Y', values, 2, 'dB')
    return { psnr: mean, ui: { text } }
  },
})
