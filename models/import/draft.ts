import type { Checkpoint } from './checkpoint.ts'
import { type Feature, GraphBuilder, type PlacedConstant } from './graph-builder.ts'
import type { Network, Precision } from './network.ts'
import { unet } from './unet.ts'
import { decoder, encoder } from './vae.ts'
import type { Weights } from './weights.ts'

/** A model before it is written. */
export interface Draft {
  readonly encoder: Uint8Array
  readonly unet: Uint8Array
  readonly decoder: Uint8Array
  /** The contents of the weights file, in order of offset. */
  readonly constants: readonly PlacedConstant[]
  readonly precision: Precision
}

/** The name by which the graphs refer to their weights. */
export const WEIGHTS_FILE = 'weights.bin'

/** Builds the three graphs; every tensor is found and its shape checked, few are read. */
export function draftModel(checkpoint: Checkpoint, timestep: number, precision: Precision | undefined): Draft {
  const { vae, unet: restorer, prompt } = checkpoint
  const constants: PlacedConstant[] = []
  let end = 0
  const allocate = (length: number): number => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT
    end = offset + length
    return offset
  }

  const draw = (
    name: string,
    weights: Weights,
    from: Feature,
    to: string,
    body: (network: Network, input: Feature) => Feature,
  ): Uint8Array => {
    const graph = new GraphBuilder(name)
    const result = body({ graph, weights, precision }, from)
    const { model, external } = graph.finish(from, { ...result, name: to }, result, WEIGHTS_FILE, allocate)
    constants.push(...external)
    return model
  }

  const pixels = { name: 'pixels', channels: 3 }
  const latent = { name: 'latent', channels: vae.config.latent_channels }
  const conditioning = { timestep, prompt: prompt.values }
  return {
    encoder: draw('encoder', vae.weights, pixels, 'latent', (network, x) => encoder(network, vae.config, x)),
    unet: draw('unet', restorer.weights, latent, 'prediction', (network, x) =>
      unet(network, restorer.config, x, conditioning),
    ),
    decoder: draw('decoder', vae.weights, latent, 'pixels', (network, x) => decoder(network, vae.config, x)),
    constants,
    precision: constants.some(({ constant }) => constant.type === 'float16') ? 'fp16' : 'fp32',
  }
}

/** Bytes; enough for any vector instruction on a mapped file. */
const ALIGNMENT = 64
