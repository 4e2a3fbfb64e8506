import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unetConfigSchema, vaeConfigSchema } from '../../../models/import/config.ts'
import { GraphBuilder } from '../../../models/import/graph-builder.ts'
import { elementCount, type Shape } from '../../../models/import/stored-tensor.ts'
import { unet } from '../../../models/import/unet.ts'
import { decoder, encoder } from '../../../models/import/vae.ts'
import type { TensorSource } from '../../../models/import/weights.ts'

export type Config = Readonly<Record<string, unknown>>
export type Tensors = Map<string, { readonly shape: Shape; readonly data: Float32Array }>

export interface Synthetic {
  readonly unet: Tensors
  readonly vae: Tensors
  readonly prompt: Tensors
}

/** A small valid pair of configurations: two levels each, factor 2, four latent channels. */
export const SMALL_UNET = {
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: 6,
  norm_num_groups: 4,
}

export const SMALL_VAE = {
  block_out_channels: [8, 16],
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  latent_channels: 4,
  norm_num_groups: 4,
}

/** Random tensors under the names that the layers ask for. */
export function syntheticTensors(unetConfig: Config, vaeConfig: Config, promptLength = 3): Synthetic {
  const parsed = unetConfigSchema.parse(unetConfig)
  const parsedVae = vaeConfigSchema.parse(vaeConfig)
  const width = parsed.cross_attention_dim[0]!
  const latent = { name: 'latent', channels: parsedVae.latent_channels }
  const prompt = { values: new Float32Array(promptLength * width), length: promptLength, width }
  return {
    unet: recorded((weights) =>
      unet({ graph: new GraphBuilder('unet'), weights, precision: 'fp32' }, parsed, latent, { timestep: 1, prompt }),
    ),
    vae: recorded((weights) => {
      const network = { graph: new GraphBuilder('vae'), weights, precision: 'fp32' } as const
      encoder(network, parsedVae, { name: 'pixels', channels: 3 })
      decoder(network, parsedVae, latent)
    }),
    prompt: new Map([['prompt_embeds', { shape: [1, promptLength, width], data: noise(promptLength * width) }]]),
  }
}

/** Writes a checkpoint folder as Diffusers does. */
export function writeCheckpoint(directory: string, configs: { unet: Config; vae: Config }, tensors: Synthetic): void {
  for (const part of ['unet', 'vae'] as const) {
    mkdirSync(join(directory, part), { recursive: true })
    writeFileSync(join(directory, part, 'config.json'), JSON.stringify(configs[part]))
    writeFileSync(join(directory, part, 'diffusion_pytorch_model.safetensors'), encodeSafetensors(tensors[part]))
  }
  writeFileSync(join(directory, 'prompt_embeds.safetensors'), encodeSafetensors(tensors.prompt))
}

export function encodeSafetensors(tensors: Tensors): Uint8Array {
  let offset = 0
  const header = Array.from(tensors, ([name, { shape, data }]) => {
    const begin = offset
    offset += data.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const
  })
  const body = Array.from(tensors.values(), ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  return withHeader(JSON.stringify(Object.fromEntries(header)), Buffer.concat(body))
}

export function withHeader(header: string, body: Uint8Array): Uint8Array {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, body])
}

/** What `build` asks for; norms get weights near 1, everything else small noise. */
function recorded(build: (weights: TensorSource) => void): Tensors {
  const tensors: Tensors = new Map()
  build({
    has: () => false,
    take: (name, shape) => {
      const data = noise(elementCount(shape!))
      tensors.set(name, { shape: shape!, data: /norm.*weight$/.test(name) ? data.map((value) => 1 + value) : data })
      return { name, file: 'synthetic', type: 'F32', shape: shape!, bytes: () => new Uint8Array(data.slice().buffer) }
    },
  })
  return tensors
}

/** Deterministic values in ±0.1 (a linear congruential generator, Numerical Recipes' constants). */
function noise(length: number): Float32Array {
  let state = length
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32 - 0.5) / 5
  })
}
