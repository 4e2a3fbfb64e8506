import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestedTensors, type TensorRequest } from '../../../models/import/random.ts'
import { elementCount, type Shape } from '../../../models/import/stored-tensor.ts'

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

/** Random tensors under the names that the layers ask for; norms get weights near 1, everything else small noise. */
export function syntheticTensors(unetConfig: Config, vaeConfig: Config, promptLength = 3): Synthetic {
  const { unet, vae, prompt } = requestedTensors(unetConfig, vaeConfig, promptLength)
  const filled = (requests: readonly TensorRequest[]): Tensors =>
    new Map(
      requests.map(({ name, shape }) => {
        const data = noise(elementCount(shape))
        return [name, { shape, data: /norm.*weight$/.test(name) ? data.map((value) => 1 + value) : data }]
      }),
    )
  return { unet: filled(unet), vae: filled(vae), prompt: filled(prompt) }
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

/** Arrays of numbers by the type that they are stored as; halves come as their bits. */
const ARRAYS = { F64: Float64Array, F32: Float32Array, F16: Uint16Array, I64: BigInt64Array, I32: Int32Array } as const

export type Numbers = Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array

export type Stored = ReadonlyMap<string, { readonly shape: Shape; readonly data: Numbers }>

export function encodeSafetensors(tensors: Stored): Uint8Array {
  let offset = 0
  const header = Array.from(tensors, ([name, { shape, data }]) => {
    const begin = offset
    offset += data.byteLength
    const dtype = Object.entries(ARRAYS).find(([, Kind]) => data instanceof Kind)![0]
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const
  })
  const body = Array.from(tensors.values(), ({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  const text = JSON.stringify(Object.fromEntries(header))
  // Blanks bring the tensors to a multiple of 8 bytes, as the reference implementation does.
  return withHeader(text.padEnd(Math.ceil(text.length / 8) * 8), Buffer.concat(body))
}

export function withHeader(header: string, body: Uint8Array): Uint8Array {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, body])
}

/** Deterministic values in ±0.1 (a linear congruential generator, Numerical Recipes' constants). */
function noise(length: number): Float32Array {
  let state = length
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32 - 0.5) / 5
  })
}
