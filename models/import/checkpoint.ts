import { join } from 'node:path'
import { type About, readAbout } from './about.ts'
import type { Prompt } from './attention.ts'
import { type UnetConfig, unetConfigSchema, type VaeConfig, vaeConfigSchema } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { readJson } from './json.ts'
import { valuesOf } from './stored-tensor.ts'
import { openFile, openPart, type Weights } from './weights.ts'

/** A checkpoint folder whose configurations fit together; tensors are still unread. */
export interface Checkpoint {
  readonly about: About
  readonly unet: { readonly config: UnetConfig; readonly weights: Weights }
  readonly vae: { readonly config: VaeConfig; readonly weights: Weights }
  readonly prompt: { readonly values: Prompt; readonly weights: Weights }
}

/** Reads what a Diffusers folder says of itself: unet/, vae/, prompt_embeds.safetensors, gendr.json. */
export function openCheckpoint(directory: string): Checkpoint {
  const unet = {
    config: readJson(join(directory, 'unet', 'config.json'), unetConfigSchema),
    weights: openPart(join(directory, 'unet')),
  }
  const vae = {
    config: readJson(join(directory, 'vae', 'config.json'), vaeConfigSchema),
    weights: openPart(join(directory, 'vae')),
  }
  for (const key of ['in_channels', 'out_channels'] as const)
    if (unet.config[key] !== vae.config.latent_channels)
      throw invalidCheckpoint(
        `unet/config.json: expected ${key} ${vae.config.latent_channels}, the autoencoder's latent_channels, got ${unet.config[key]}.`,
        'Bring the UNet and the autoencoder that were trained together.',
      )
  const about = readAbout(join(directory, 'gendr.json'))
  return { about, unet, vae, prompt: readPrompt(openFile(join(directory, 'prompt_embeds.safetensors'))) }
}

/** `prompt_embeds`, [1, length, width] or [length, width]. */
function readPrompt(weights: Weights): Checkpoint['prompt'] {
  const [length = 0, width = 0] = weights.shapeOf(PROMPT)?.slice(-2) ?? []
  if (length * width === 0)
    throw invalidCheckpoint(
      `${weights.place}: expected a tensor ${PROMPT} of [1, length, width], found none.`,
      'Write the embedding of the prompt that the model was trained with to this file.',
    )
  const tensor = weights.take(PROMPT, [1, length, width], [length, width])
  return { values: { values: valuesOf(tensor), length, width }, weights }
}

const PROMPT = 'prompt_embeds'
