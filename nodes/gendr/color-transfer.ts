import { z } from 'zod'
import { checkSameSize } from '../sdk/checks.ts'
import { COLOR_TRANSFERS, transferColor } from '../sdk/color-transfer.ts'
import { defineNode } from '../sdk/node.ts'
import { toRgb } from '../sdk/samples.ts'
import { levels } from './parameters.ts'

export const colorTransfer = defineNode({
  id: 'ColorTransfer',
  title: 'Transfer Colour',
  summary: 'Gives a picture the colours of a reference. After a model: once, on the whole picture, never per tile.',
  inputs: {
    image: { type: 'IMAGE' },
    reference: { type: 'IMAGE', tooltip: 'A picture of the same size; one for all, or one for each.' },
  },
  parameters: z.object({
    method: z.enum(COLOR_TRANSFERS).default('wavelet').meta({
      tooltip: 'wavelet takes what is wide from the reference, adain its mean and contrast.',
    }),
    levels,
  }),
  outputs: { image: { type: 'IMAGE' } },
  run({ image, reference }, { method, levels }) {
    const frames = image.frames.map((frame, i) => {
      const source = reference.frames[i] ?? reference.frames.at(-1)!
      checkSameSize(frame, source)
      return transferColor(toRgb(frame), toRgb(source), method, levels)
    })
    return { image: { frames } }
  },
})
