import { join } from 'node:path'
import { type About, readAbout } from './about.ts'
import { type UnetConfig, unetConfigSchema, type VaeConfig, vaeConfigSchema } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { readJson } from './json.ts'
import { type LoraFile, mergeLoras } from './lora.ts'
import { type PromptFile, type Prompts, readPrompts } from './prompts.ts'
import { openPart, type Weights } from './weights.ts'

/** A checkpoint folder whose configurations fit together; tensors are still unread. */
export interface Checkpoint {
  readonly about: About
  readonly unet: { readonly config: UnetConfig; readonly weights: Weights }
  readonly vae: { readonly config: VaeConfig; readonly weights: Weights }
  readonly prompts: Prompts
  /** Every file's tensors, of which each must be finite. */
  readonly sources: readonly Weights[]
}

/** What is brought along with a checkpoint. */
export interface Additions {
  /** Merged into the weights in this order. */
  readonly loras?: readonly LoraFile[] | undefined
  /** Beside those in the checkpoint. */
  readonly prompts?: readonly PromptFile[] | undefined
}

/** Reads what a Diffusers folder says of itself: unet/, vae/, prompt_embeds.safetensors, gendr.json. */
export function openCheckpoint(directory: string, { loras = [], prompts = [] }: Additions = {}): Checkpoint {
  const configs = {
    unet: readJson(join(directory, 'unet', 'config.json'), unetConfigSchema),
    vae: readJson(join(directory, 'vae', 'config.json'), vaeConfigSchema),
  }
  const merged = mergeLoras({ unet: openPart(join(directory, 'unet')), vae: openPart(join(directory, 'vae')) }, loras)
  for (const key of ['in_channels', 'out_channels'] as const)
    if (configs.unet[key] !== configs.vae.latent_channels)
      throw invalidCheckpoint(
        `unet/config.json: expected ${key} ${configs.vae.latent_channels}, the autoencoder's latent_channels, got ${configs.unet[key]}.`,
        'Bring the UNet and the autoencoder that were trained together.',
      )
  const about = readAbout(join(directory, 'gendr.json'))
  const found = readPrompts(join(directory, 'prompt_embeds.safetensors'), prompts)
  return {
    about,
    unet: { config: configs.unet, weights: merged.unet },
    vae: { config: configs.vae, weights: merged.vae },
    prompts: found,
    sources: [merged.unet, merged.vae, ...found.sources, ...merged.sources],
  }
}
