import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type About, readAbout } from './about.ts'
import { promptWidths, type UnetConfig, unetConfigSchema, type VaeConfig, vaeConfigSchema } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { readJson } from './json.ts'
import { type LoraFile, mergeLoras } from './lora.ts'
import { type PromptFile, type Prompts, readPrompts } from './prompts.ts'
import { RANGES_FILE, type Ranges, readRanges } from './ranges.ts'
import { SCHEDULER_FILE } from './scheduler.ts'
import { openPart, type Weights } from './weights.ts'

/** A checkpoint folder whose configurations fit together; tensors are still unread. */
export interface Checkpoint {
  readonly about: About
  readonly unet: { readonly config: UnetConfig; readonly weights: Weights }
  /** Without one, the UNet works on pixels that were put into channels. */
  readonly vae: { readonly config: VaeConfig; readonly weights: Weights } | undefined
  /** What decides how much of the input returns, and where grain goes, where gendr.json names the gated transfer. */
  readonly gates: Weights | undefined
  readonly prompts: Prompts
  /** The file of the scheduler that it was trained with, if there is one. */
  readonly scheduler: string | undefined
  /** Where a graph for the CPU may compute convolutions in eight bits. */
  readonly ranges: Ranges
  /** Every file's tensors, of which each must be finite. */
  readonly sources: readonly Weights[]
  /** What was assumed and may be otherwise. */
  readonly doubts: readonly string[]
}

/** What is brought along with a checkpoint. */
export interface Additions {
  /** Merged into the weights in this order. */
  readonly loras?: readonly LoraFile[] | undefined
  /** Beside those in the checkpoint. */
  readonly prompts?: readonly PromptFile[] | undefined
}

/**
 * Reads what a Diffusers folder says of itself: unet/, vae/, gates/, prompt_embeds.safetensors,
 * scheduler/, ranges.safetensors, gendr.json. Without vae/
 * it is a restorer of pixels, as GenDR-Pix (arXiv 2602.10630) is.
 */
export function openCheckpoint(directory: string, { loras = [], prompts = [] }: Additions = {}): Checkpoint {
  requireWhole(directory)
  const [unetFolder, vaeFolder] = ['unet', 'vae'].map((part) => join(directory, part)) as [string, string]
  const unetConfig = readJson(join(unetFolder, 'config.json'), unetConfigSchema)
  const vaeConfig = existsSync(vaeFolder) ? readJson(join(vaeFolder, 'config.json'), vaeConfigSchema) : undefined
  const parts = { unet: openPart(unetFolder), ...(vaeConfig && { vae: openPart(vaeFolder) }) }
  const merged = mergeLoras(parts, loras)
  if (vaeConfig) requireLatents(unetConfig, vaeConfig)
  const about = readAbout(join(directory, 'gendr.json'))
  const scheduler = join(directory, SCHEDULER_FILE)
  const gates = about.color_transfer.method === 'gated' ? openPart(join(directory, 'gates')) : undefined
  const found = readPrompts(join(directory, 'prompt_embeds.safetensors'), prompts, promptWidths(unetConfig))
  return {
    about,
    unet: { config: unetConfig, weights: merged.parts.unet },
    vae: vaeConfig && { config: vaeConfig, weights: merged.parts.vae! },
    gates,
    prompts: found,
    scheduler: existsSync(scheduler) ? scheduler : undefined,
    ranges: readRanges(join(directory, RANGES_FILE), Object.values(merged.parts)),
    sources: [...Object.values(merged.parts), ...(gates ? [gates] : []), ...found.sources, ...merged.sources],
    doubts: merged.doubts,
  }
}

function requireWhole(directory: string): void {
  if (existsSync(join(directory, 'unet')) || !existsSync(join(directory, 'config.json'))) return
  throw invalidCheckpoint(
    `${directory}: expected a folder with unet/ in it, got one part of a checkpoint.`,
    'Name the folder above it.',
  )
}

function requireLatents(unet: UnetConfig, vae: VaeConfig): void {
  for (const key of ['in_channels', 'out_channels'] as const)
    if (unet[key] !== vae.latent_channels)
      throw invalidCheckpoint(
        `unet/config.json: expected ${key} ${vae.latent_channels}, the autoencoder's latent_channels, got ${unet[key]}.`,
        'Bring the UNet and the autoencoder that were trained together.',
      )
}
