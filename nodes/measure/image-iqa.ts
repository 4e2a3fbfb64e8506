import { z } from 'zod'
import { pairFrames } from '../pixels/pair-frames.ts'
import { checkSameSize } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame, IqaModel } from '../sdk/values.ts'
import { type IqaInput, iqaInput } from './iqa-input.ts'
import { IQA_OUTPUTS, meanOfAnswers, scoreOf } from './iqa-score.ts'
import { IQA_RANGES, iqaTensor } from './iqa-tensor.ts'
import { FITS, viewsOf } from './iqa-views.ts'
import { showValues } from './show-values.ts'

const parameters = z.object({
  model_name: z.string().meta({
    optionsFrom: 'iqa_models',
    tooltip: "An ONNX file in models/iqa of the host's data folder: MUSIQ, LIQE, CLIP-IQA, NIMA, LPIPS, DISTS, …",
  }),
  range: z.enum(IQA_RANGES).default('0 to 1').meta({
    optional: true,
    tooltip: 'What the network wants black and white to be; ImageNet and CLIP are the usual means and deviations.',
  }),
  fit: z.enum(FITS).default('auto').meta({
    optional: true,
    tooltip:
      'whole: the picture as it is. resize: stretched to the size. resize and crop: scaled to cover the size, then its middle. crops: the mean over windows of its own pixels. auto: whole if the network takes any size, else crops.',
  }),
  size: z.int().min(32).max(4096).default(224).meta({
    optional: true,
    tooltip: 'Side of resized pictures and crops, for networks that take any size; others say their own.',
  }),
  crops: z.int().min(1).max(400).default(25).meta({
    optional: true,
    tooltip: 'At most so many windows, evenly spread; fewer where fewer cover the picture.',
  }),
  layout: z.enum(['auto', 'nchw', 'nhwc']).default('auto').meta({
    optional: true,
    tooltip: 'Order of the axes: channels first or last. auto asks the network.',
  }),
  output: z.enum(IQA_OUTPUTS).default('mean').meta({
    optional: true,
    tooltip: 'Of several values: their mean, the first, or the expected rating Σ i·p(i) of networks such as NIMA.',
  }),
})

type Settings = z.output<typeof parameters>

/** Any network for image quality assessment that somebody has as ONNX. */
export const imageIqa = defineNode({
  id: 'ImageIQA',
  title: 'IQA Model',
  summary:
    'Scores pictures by a network for image quality assessment that you bring as ONNX, with or without reference.',
  aliases: ['quality'],
  inputs: {
    image: { type: 'IMAGE' },
    reference: {
      type: 'IMAGE',
      optional: true,
      tooltip: 'The true picture, of the same size, for networks of two pictures (LPIPS, DISTS); their second input.',
    },
  },
  parameters,
  outputs: { score: { type: 'FLOAT', tooltip: 'The mean over a batch.' } },
  outputNode: true,
  fingerprint: ({ model_name }, context) => context.models.fingerprintIqa(model_name),
  async run({ image, reference }, settings, context) {
    const model = await context.models.openIqa(settings.model_name)
    const signature = await context.inference.signature(model)
    const input = iqaInput(model.name, signature, reference !== undefined, settings.layout)
    const pairs: readonly (readonly Frame[])[] =
      reference === undefined ? image.frames.map((frame) => [frame]) : pairFrames(image, reference)
    const answers = []
    for (const [index, frames] of pairs.entries())
      answers.push(await answer(frames, model, input, settings, context, { index, count: pairs.length }))
    const scores = answers.map((values) => scoreOf(values, settings.output))
    const { mean, text } = showValues(model.name.replace(/\.onnx$/i, ''), scores, 3)
    return { score: mean, ui: { text: [...text, ...answers.flatMap(allValues)] } }
  },
})

/** What the network gives for a frame, or for a frame and its reference: the mean over what it gets to see. */
async function answer(
  frames: readonly Frame[],
  model: IqaModel,
  input: IqaInput,
  settings: Settings,
  context: RunContext,
  batch: { readonly index: number; readonly count: number },
): Promise<Float64Array> {
  const [frame, reference] = frames as [Frame, Frame?]
  if (reference !== undefined) checkSameSize(frame, reference)
  const fit = settings.fit !== 'auto' ? settings.fit : input.size === undefined ? 'whole' : 'crops'
  if (fit === 'whole') checkWhole(model, frame, input)
  const size = input.size ?? { width: settings.size, height: settings.size }
  const views = await Promise.all(frames.map((one) => viewsOf(one, fit, size, settings.crops, context)))
  const count = views[0]!.length
  const answers = []
  for (let i = 0; i < count; i++) {
    context.signal.throwIfAborted()
    const tensors = views.map((of) => iqaTensor(of[i]!, input, settings.range))
    answers.push((await context.inference.score(model, tensors)).data)
    context.progress(batch.index * count + i + 1, batch.count * count)
  }
  return meanOfAnswers(answers)
}

function checkWhole({ name }: IqaModel, { width, height }: Frame, { size }: IqaInput): void {
  if (size === undefined || (size.width === width && size.height === height)) return
  throw new RestorationError(
    'invalid_input',
    `Expected a picture of ${size.width} × ${size.height}, the one size that '${name}' takes, but received ${width} × ${height}.`,
    'Choose another fit than whole.',
  )
}

/** Most values of one answer that are worth a line. */
const MOST = 16

function allValues(values: Float64Array): string[] {
  if (values.length === 1 || values.length > MOST) return []
  return [Array.from(values, (value) => value.toFixed(3)).join(', ')]
}
