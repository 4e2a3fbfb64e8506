import { z } from 'zod'
import { RestorationError } from '../sdk/error.ts'
import { defineNode } from '../sdk/node.ts'
import type { Frame } from '../sdk/values.ts'
import { niqe } from './niqe.ts'
import { showValues } from './show-values.ts'

export const imageNiqe = defineNode({
  id: 'ImageNIQE',
  title: 'NIQE',
  summary:
    'How natural a picture looks, without a reference (Mittal et al. 2013, with the model of their release, so that values compare): lower is better.',
  aliases: ['quality'],
  inputs: { image: { type: 'IMAGE' } },
  parameters: z.object({}),
  outputs: { niqe: { type: 'FLOAT', tooltip: 'The mean over a batch.' } },
  outputNode: true,
  async run({ image }, _parameters, { signal }) {
    const values = []
    for (const frame of image.frames) values.push(await measured(frame, signal))
    const { mean, text } = showValues('NIQE', values, 2)
    return { niqe: mean, ui: { text } }
  },
})

async function measured(frame: Frame, signal: AbortSignal): Promise<number> {
  const value = await niqe(frame, signal)
  if (Number.isFinite(value)) return value
  throw new RestorationError(
    'invalid_input',
    `Expected a picture with two blocks of 96 × 96 that are not flat but received one of ${frame.width} × ${frame.height} without.`,
    'Measure a larger picture, or one with more detail.',
  )
}
