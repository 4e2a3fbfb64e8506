import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { decodeLatent } from './pipeline.ts'

export const vae16Decode = defineNode({
  id: 'VAE16Decode',
  title: 'VAE16 Decode',
  summary: "Turns latents back into pictures with the model's decoder.",
  inputs: { latent: { type: 'LATENT' }, model: { type: 'GENDR_MODEL' } },
  parameters: z.object({}),
  outputs: { image: { type: 'IMAGE' } },
  async run({ latent, model }, _parameters, context) {
    const frames = []
    for (const sample of latent.samples) frames.push(await decodeLatent(sample, model, context))
    return { image: { frames } }
  },
})
