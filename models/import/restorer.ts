import { basename } from 'node:path'
import { z } from 'zod'
import { type StepConstants, stepCoefficients } from '../../nodes/sdk/one-step.ts'
import { modelNameSchema } from '../installed/manifest.ts'
import { type Additions, type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { Conditioning } from './conditioning.ts'
import { conditioningWeights } from './conditioning-weights.ts'
import { sideOfSquares } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { hasGrainGate } from './grain-gate.ts'
import type { Feature } from './graph-builder.ts'
import { affine, pixelShuffle, pixelUnshuffle, weightedSum } from './layers.ts'
import { type Description, drawParts, type GraphStyle, type ModelDraft, type Part } from './model-draft.ts'
import type { Network } from './network.ts'
import { choosePrompt } from './prompts.ts'
import { chooseStep, type StepChoice } from './step.ts'
import { transferParts } from './transfer.ts'
import { unet } from './unet.ts'
import { decoder, encoder } from './vae.ts'

export interface RestorerOptions extends Additions, GraphStyle, StepChoice {
  /** @default what gendr.json says */
  readonly name?: string | undefined
  /** The one timestep that the UNet is asked with. @default what gendr.json says */
  readonly timestep?: number | undefined
  /** The name of the prompt that the UNet is asked with. @default what gendr.json says, else the only one or `default` */
  readonly prompt?: string | undefined
}

/** A checkpoint in the Diffusers layout as a one-step restorer, of latents or of pixels. */
export function draftRestorer(directory: string, options: RestorerOptions): ModelDraft {
  const checkpoint = openCheckpoint(directory, options)
  const { about, doubts, gates, prompts, ranges, sources, unet: restorer, vae } = checkpoint
  const prompt = choosePrompt(prompts, options.prompt ?? about.prompt)
  const { name, timestep } = identify(checkpoint, options, prompt)
  const timesteps = about.timesteps && timestepsOf(checkpoint, { [prompt]: timestep })
  const { step, origin } = chooseStep(options, checkpoint, Object.values(timesteps ?? { [prompt]: timestep }))
  const conditioning = new Conditioning(restorer.weights, restorer.config, timestep, prompts.all, prompt)
  const description = {
    version: 1 as const,
    name,
    description: about.description,
    licence: about.licence,
    source: about.source,
    madeBy: about.made_by,
    ...describe(checkpoint, timestep, step),
    conditioning: {
      prompts: [...prompts.all.keys()],
      prompt,
      ...(timesteps && { timesteps }),
      ...(about.grain && { grain: grainOf(checkpoint, about.grain) }),
      flipSinToCos: restorer.config.flip_sin_to_cos,
      freqShift: restorer.config.freq_shift,
    },
    ...(options.loras?.length && { loras: options.loras.map(({ path, scale }) => ({ file: basename(path), scale })) }),
  }
  const weights = { unet: restorer.weights, ...(vae && { vae: vae.weights }), ...(gates && { gates }) }
  const own = vae
    ? latentParts({ unet: restorer, vae }, description as LatentDescription, conditioning)
    : { unet: pixelPart(restorer, description.constants.factor, conditioning) }
  const parts = { ...own, ...(gates && transferParts(gates, about.color_transfer.levels)) }
  return {
    description: description as Description,
    ...drawParts({ ...options, ranges }, weights, parts),
    parameters: Object.values(weights).reduce((sum, part) => sum + part.parameters, 0),
    sources,
    origin,
    doubts,
    conditioning: { constants: conditioning, kept: () => conditioningWeights(conditioning.sources, prompts.all) },
  }
}

type LatentDescription = Extract<Description, { kind: 'gendr-latent' }>

const identitySchema = z.object({ name: modelNameSchema, timestep: z.number().min(0) })

/** What the checkpoint may leave open. */
function identify({ about }: Checkpoint, options: RestorerOptions, prompt: string): z.infer<typeof identitySchema> {
  const { name = about.name, timestep = about.timesteps?.[prompt] ?? about.timestep } = options
  if (timestep === undefined)
    throw invalidCheckpoint(
      'Expected the timestep that the model was trained for, got none.',
      'Name it with --timestep N, or write {"timestep": N} to gendr.json in the checkpoint folder.',
    )
  const identity = identitySchema.safeParse({ name, timestep })
  if (!identity.success)
    throw invalidCheckpoint(
      `Expected a name of letters, digits, dots, dashes and underscores and a timestep from 0 up, got ${name} and ${timestep}.`,
      'Choose them with --name NAME and --timestep N.',
    )
  return identity.data
}

/** The timestep of every prompt; `given` wins over what the checkpoint says. */
function timestepsOf(checkpoint: Checkpoint, given: Readonly<Record<string, number>>): Record<string, number> {
  const { about, prompts } = checkpoint
  const known = ofPrompts('timesteps', { ...about.timesteps, ...given }, checkpoint)
  return Object.fromEntries(
    Array.from(prompts.all.keys(), (name) => {
      const timestep = known[name] ?? about.timestep
      if (timestep !== undefined) return [name, timestep] as const
      throw invalidCheckpoint(`gendr.json: expected a timestep of prompt ${name}, got none.`, 'Add it to timesteps.')
    }),
  )
}

/** The grain of prompts, which takes a gate that says where it goes. */
function grainOf(checkpoint: Checkpoint, grain: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const isWanted = Object.values(grain).some((amount) => amount > 0)
  if (isWanted && !(checkpoint.gates && hasGrainGate(checkpoint.gates)))
    throw invalidCheckpoint(
      'gendr.json: expected tensors grain_gate.* beside the gates of the transfer, since it asks for grain, found none.',
      'Train them with models/training/place_grain.py, or take grain out of gendr.json.',
    )
  return ofPrompts('grain', grain, checkpoint)
}

/** Values of gendr.json by prompt, all of which there are. */
function ofPrompts(
  key: string,
  values: Readonly<Record<string, number>>,
  { prompts }: Checkpoint,
): Readonly<Record<string, number>> {
  const stranger = Object.keys(values).find((name) => !prompts.all.has(name))
  if (stranger === undefined) return values
  throw invalidCheckpoint(
    `gendr.json: expected ${key} of the prompts ${[...prompts.all.keys()].join(', ')}, got one of ${stranger}.`,
    'Name a prompt of prompt_embeds.safetensors, or add it with --prompt NAME=FILE.',
  )
}

/** The manifest's kind and constants. */
function describe({ about, unet: restorer, vae }: Checkpoint, timestep: number, step: StepConstants) {
  const factor = vae
    ? sideOfSquares(vae.config.in_channels) * 2 ** (vae.config.block_out_channels.length - 1)
    : unshuffleFactor(restorer.config)
  const constants = {
    factor,
    paddingMultiple: factor * 2 ** (restorer.config.block_out_channels.length - 1),
    timestep,
    ...step,
    colorTransfer: about.color_transfer,
  }
  if (!vae) return { kind: 'gendr-pixel' as const, constants }
  const { latent_channels: latentChannels, scaling_factor: scale, shift_factor: shift } = vae.config
  return { kind: 'gendr-latent' as const, constants: { latentChannels, ...constants, scale, shift } }
}

/** Side of the squares of pixels whose values are the UNet's channels. */
function unshuffleFactor({ in_channels, out_channels }: Checkpoint['unet']['config']): number {
  const factor = sideOfSquares(in_channels)
  if (Number.isInteger(factor) && out_channels === in_channels) return factor
  throw invalidCheckpoint(
    `unet/config.json: expected 3·f² channels in and out, got ${in_channels} and ${out_channels}.`,
    'A folder without vae/ holds a restorer of pixels; bring the autoencoder if it is one of latents.',
  )
}

const PIXELS = { name: 'pixels', channels: 3, reduction: 1 }

/** The three graphs, and all in one with the step between. */
function latentParts(
  { unet: restorer, vae }: { readonly unet: Checkpoint['unet']; readonly vae: NonNullable<Checkpoint['vae']> },
  { constants }: LatentDescription,
  conditioning: Conditioning,
): Readonly<Record<string, Part>> {
  const latent = { name: 'latent', channels: constants.latentChannels, reduction: constants.factor }
  const encode = (network: Network, x: Feature) => encoder({ ...network, weights: vae.weights }, vae.config, x)
  const predict = (network: Network, z: Feature) =>
    unet({ ...network, weights: restorer.weights }, restorer.config, z, conditioning)
  const decode = (network: Network, z: Feature) => decoder({ ...network, weights: vae.weights }, vae.config, z)
  return {
    encoder: { weights: vae.weights, from: [PIXELS], to: 'latent', body: encode },
    unet: { weights: restorer.weights, from: [latent], to: 'prediction', body: predict },
    decoder: { weights: vae.weights, from: [latent], to: 'pixels', body: decode },
    fused: {
      weights: vae.weights,
      from: [PIXELS],
      to: 'restored',
      body(network, pixels) {
        const { scale, shift } = constants
        const z = affine(network, 'scaled', encode(network, pixels), scale, -shift * scale)
        const clean = weightedSum(network, STEP, z, predict(network, z), stepCoefficients(constants))
        return decode(network, affine(network, 'unscaled', clean, 1 / scale, shift))
      },
    },
  }
}

/** Pixels to the prediction in pixels: unshuffle, UNet, shuffle (GenDR-Pix, arXiv 2602.10630). */
function pixelPart(restorer: Checkpoint['unet'], factor: number, conditioning: Conditioning): Part {
  return {
    weights: restorer.weights,
    from: [PIXELS],
    to: 'prediction',
    body(network, pixels) {
      const z = pixelUnshuffle(network, 'unshuffle', pixels, factor)
      return pixelShuffle(network, 'shuffle', unet(network, restorer.config, z, conditioning), factor)
    },
  }
}

/** The prefix of the two constants of the fused graph that alpha, beta and the prediction type decide. */
export const STEP = 'step'
