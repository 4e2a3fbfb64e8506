import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { encodeFrame } from './pipeline.ts'

export const vae16Encode = defineNode({
  id: 'VAE16Encode',
  title: 'VAE16 Encode',
  summary: "Turns pictures into latents with the model's encoder (the posterior's mean, no noise).",
  inputs: { image: { type: 'IMAGE' }, model: { type: 'GENDR_MODEL' } },
  parameters: z.object({}),
  outputs: { latent: { type: 'LATENT' } },
  async run({ image, model }, _parameters, context) {
    const samples = []
    for (const frame of image.frames) samples.push(await encodeFrame(frame, model, context))
    return { latent: { samples } }
  },
})
