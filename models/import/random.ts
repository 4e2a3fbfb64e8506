import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { z } from 'zod'
import { mix } from '../../nodes/pixels/hash.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { floatsToHalves } from '../installed/half.ts'
import type { Manifest } from '../installed/manifest.ts'
import { beside } from '../installed/replace-folder.ts'
import { Conditioning } from './conditioning.ts'
import { unetConfigSchema, vaeConfigSchema } from './config.ts'
import { GraphBuilder } from './graph-builder.ts'
import { type ImportOptions, importCheckpoint } from './import.ts'
import { readJson } from './json.ts'
import { DEFAULT_PROMPT } from './prompts.ts'
import { safetensorsHeader } from './safetensors-writer.ts'
import { BYTES_OF_TYPE, elementCount, rowLength, type Shape } from './stored-tensor.ts'
import { unet } from './unet.ts'
import { decoder, encoder } from './vae.ts'
import type { TensorSource } from './weights.ts'
import { writeDigested } from './written-file.ts'

/** The types that random weights may be stored as. */
const RANDOM_TYPES = ['F32', 'F16', 'BF16'] as const

export type RandomType = (typeof RANDOM_TYPES)[number]

const configSchema = z.record(z.string(), z.unknown())

/** What a random checkpoint is made from: the two config.json of Diffusers' layout, and the rest. */
const randomSpecSchema = z.strictObject({
  unet: configSchema,
  vae: configSchema,
  /** How long the one prompt is. */
  prompt_tokens: z.int().min(1).default(77),
  type: z.enum(RANDOM_TYPES).default('F16'),
  seed: z.int().min(0).default(0),
  timestep: z.number().min(0).default(499),
})

export type RandomSpec = z.input<typeof randomSpecSchema>

/** A tensor that a network asks for. */
export interface TensorRequest {
  readonly name: string
  readonly shape: Shape
}

/** Imports a model of random weights, as large as the specification in a JSON file says: to measure with, not to use. */
export async function importRandom(specification: string, options: Omit<ImportOptions, 'source'>): Promise<Manifest> {
  const directory = beside(resolve(options.output), 'new')
  try {
    await writeRandomCheckpoint(readJson(specification, randomSpecSchema), directory, options.signal)
    return await importCheckpoint({ ...options, source: directory })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Writes a checkpoint folder as Diffusers does, whose weights depend on nothing but the specification. */
async function writeRandomCheckpoint(
  specification: RandomSpec,
  directory: string,
  signal?: AbortSignal,
): Promise<void> {
  const { unet, vae, prompt_tokens, type, seed, timestep } = randomSpecSchema.parse(specification)
  const tensors = requestedTensors(unet, vae, prompt_tokens)
  for (const [part, config] of Object.entries({ unet, vae })) {
    await mkdir(join(directory, part), { recursive: true })
    await writeFile(join(directory, part, 'config.json'), JSON.stringify(config, null, 2))
  }
  const about = { timestep, source: `random weights of seed ${seed}`, made_by: 'gendr import --random' }
  await writeFile(join(directory, 'gendr.json'), JSON.stringify(about))
  const write = (path: string, requests: readonly TensorRequest[]) =>
    writeDigested(directory, path, randomFile(requests, type, seed, signal))
  await write(join('unet', WEIGHTS), tensors.unet)
  await write(join('vae', WEIGHTS), tensors.vae)
  await write('prompt_embeds.safetensors', tensors.prompt)
}

/** The tensors that the two configurations ask for, and the prompt. */
export function requestedTensors(
  unetConfig: unknown,
  vaeConfig: unknown,
  length: number,
): Readonly<Record<'unet' | 'vae' | 'prompt', readonly TensorRequest[]>> {
  const [unets, vaes] = [unetConfigSchema.parse(unetConfig), vaeConfigSchema.parse(vaeConfig)]
  const width = unets.cross_attention_dim[0]!
  const latent = { name: 'latent', channels: vaes.latent_channels, reduction: 1 }
  return {
    unet: recorded((weights) => {
      const prompts = new Map([[DEFAULT_PROMPT, { values: new Float32Array(length * width), length, width }]])
      const network = { graph: new GraphBuilder('unet'), weights, precision: 'fp32' } as const
      unet(network, unets, latent, new Conditioning(weights, unets, 0, prompts, DEFAULT_PROMPT))
    }),
    vae: recorded((weights) => {
      const network = { graph: new GraphBuilder('vae'), weights, precision: 'fp32' } as const
      encoder(network, vaes, { name: 'pixels', channels: 3, reduction: 1 })
      decoder(network, vaes, latent)
    }),
    prompt: [{ name: 'prompt_embeds', shape: [1, length, width] }],
  }
}

/**
 * Values from `from` up to `to` of a random tensor. Uniform, with unit variance over its inputs for matrices and kernels,
 * unit variance for prompts, 1 ± 0.25 for weights of norms and ± 0.25 for biases, so that no activation grows or dies out.
 * The same on every machine: each value is a hash of the tensor's name, the seed and its place.
 */
export function randomValues(
  { name, shape }: TensorRequest,
  seed: number,
  from = 0,
  to = elementCount(shape),
): Float32Array {
  const values = new Float32Array(to - from)
  const isVector = shape.length < 2
  const middle = isVector && name.endsWith('weight') ? 1 : 0
  const inputs = name.startsWith('prompt') ? 1 : rowLength(shape)
  const amplitude = isVector ? 0.25 : Math.sqrt(3 / inputs)
  const start = (hashOf(name) ^ seed) >>> 0
  for (let index = from; index < to; index++)
    values[index - from] = middle + (amplitude * mix(start + Math.imul(index + 1, GOLDEN_RATIO))) / 2 ** 31
  return values
}

const WEIGHTS = 'diffusion_pytorch_model.safetensors'

/** 2³² over the golden ratio: steps that spread evenly (Weyl sequence). */
const GOLDEN_RATIO = 0x9e3779b9

const VALUES_AT_ONCE = 2 ** 20

/** A safetensors file of random tensors, in chunks. */
export async function* randomFile(
  requests: readonly TensorRequest[],
  type: RandomType,
  seed: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield safetensorsHeader(requests.map((request) => ({ ...request, type })))
  for (const request of requests) {
    const count = elementCount(request.shape)
    for (let from = 0; from < count; from += VALUES_AT_ONCE) {
      await breathe()
      if (signal?.aborted)
        throw new RestorationError('interrupted', 'The import was cancelled; nothing was written.', 'Start it again.')
      yield encode(randomValues(request, seed, from, Math.min(count, from + VALUES_AT_ONCE)), type)
    }
  }
}

function encode(values: Float32Array, type: RandomType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer)
  if (type === 'F16') return new Uint8Array(floatsToHalves(values).buffer)
  // The upper half of every float: truncated, which is near enough for noise.
  const words = new Uint16Array(values.buffer)
  return new Uint8Array(
    Uint16Array.from(values, (_, index) => words[2 * index + 1]!).buffer,
    0,
    values.length * BYTES_OF_TYPE.BF16,
  )
}

/** What `build` asks for. */
function recorded(build: (weights: TensorSource) => void): readonly TensorRequest[] {
  const requests = new Map<string, TensorRequest>()
  build({
    has: () => false,
    isIdle: () => false,
    take: (name, shape) => {
      requests.set(name, { name, shape: shape! })
      return { name, file: 'random', type: 'F32', shape: shape!, bytes: () => new Uint8Array(0) }
    },
  })
  return [...requests.values()]
}

/** FNV-1a of 32 bits (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}
