import { z } from 'zod'
import { COLOR_TRANSFERS, transferColor } from '../pixels/color-transfer.ts'
import { keepingDepth, toRgb } from '../pixels/samples.ts'
import { checkSameSize } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { GendrModel } from '../sdk/values.ts'
import { grain, levels } from './parameters.ts'
import { transferAsTrained } from './trained-transfer.ts'

const METHODS = [...COLOR_TRANSFERS, 'model'] as const

export const colorTransfer = defineNode({
  id: 'ColorTransfer',
  title: 'Transfer Colour',
  summary:
    'Gives a picture the colours of a reference. After a GenDR model: method model, once, on the whole picture, never per tile.',
  aliases: ['match colours'],
  inputs: {
    image: { type: 'IMAGE' },
    reference: { type: 'IMAGE', tooltip: 'A picture of the same size; one for all, or one for each.' },
    model: { type: 'GENDR_MODEL', optional: true, tooltip: 'Of the method model: whose transfer it is.' },
  },
  parameters: z.object({
    method: z.enum(METHODS).default('wavelet').meta({
      tooltip:
        'wavelet takes what is wide from the reference, adain its mean and contrast, model does what the model was trained with.',
    }),
    levels,
    grain,
  }),
  outputs: { image: { type: 'IMAGE' } },
  async run({ image, reference, model }, { method, levels, grain }, context) {
    const frames = []
    for (const [i, frame] of image.frames.entries()) {
      const source = reference.frames[i] ?? reference.frames.at(-1)!
      checkSameSize(frame, source)
      const pair = [toRgb(frame), toRgb(source)] as const
      const result =
        method === 'model'
          ? await transferAsTrained(...pair, required(model), context, grain, i)
          : transferColor(...pair, method, levels)
      frames.push(keepingDepth(result, source, image.frames.length))
    }
    return { image: { frames } }
  },
})

function required(model: GendrModel | undefined): GendrModel {
  if (model) return model
  throw new RestorationError(
    'invalid_input',
    "Expected a model for the method 'model', got none.",
    'Connect Load GenDR Model, or choose another method.',
  )
}
