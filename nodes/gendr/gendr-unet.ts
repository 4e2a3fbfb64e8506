import { z } from 'zod'
import { defineNode } from '../sdk/node.ts'
import { strength } from './parameters.ts'
import { restoreLatent } from './pipeline.ts'

export const gendrUnet = defineNode({
  id: 'GenDRUNet',
  title: 'GenDR UNet',
  summary: 'Restores latents in one step: z₀ = (z − √β · unet(z)) / √α.',
  inputs: { latent: { type: 'LATENT' }, model: { type: 'GENDR_MODEL' } },
  parameters: z.object({ strength }),
  outputs: { latent: { type: 'LATENT' } },
  async run({ latent, model }, { strength }, context) {
    const samples = []
    for (const sample of latent.samples) samples.push(await restoreLatent(sample, model, strength, context))
    return { latent: { samples } }
  },
})
