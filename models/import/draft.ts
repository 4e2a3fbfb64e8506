import type { Checkpoint } from './checkpoint.ts'
import { Conditioning } from './conditioning.ts'
import type { Prompt } from './folding.ts'
import { type Constant, type Feature, GraphBuilder, type PlacedConstant } from './graph-builder.ts'
import { type Compute, cast, type Forms, type Network, type Precision } from './network.ts'
import { placing } from './placing.ts'
import { unet } from './unet.ts'
import { decoder, encoder } from './vae.ts'
import type { Weights } from './weights.ts'

export interface DraftOptions {
  readonly timestep: number
  readonly prompt: Prompt
  /** How weights are stored. @default as in the checkpoint, BF16 as fp32 */
  readonly precision?: Precision | undefined
  /** What the graphs compute with; halves are for GPUs. @default 'fp32' */
  readonly compute?: Compute | undefined
  /** @default PORTABLE_FORMS */
  readonly forms?: Forms | undefined
  /** Refer to no file of the checkpoint. @default false */
  readonly copy?: boolean | undefined
}

/** A model before it is written. */
export interface Draft {
  readonly encoder: Uint8Array
  readonly unet: Uint8Array
  readonly decoder: Uint8Array
  /** The contents of the weights file, in order of offset. */
  readonly constants: readonly PlacedConstant[]
  /** The contents of the conditioning file and what they come from. */
  readonly conditioning: Conditioning
  /** The checkpoint's files that the graphs refer to, by their names beside the graphs. */
  readonly links: ReadonlyMap<string, string>
  readonly precision: Precision
}

/** The name by which the graphs refer to weights that are not as they lie in the checkpoint. */
export const WEIGHTS_FILE = 'weights.bin'

/** Builds the three graphs; every tensor is found and its shape checked, few are read. */
export function draftModel(checkpoint: Checkpoint, options: DraftOptions): Draft {
  const { vae, unet: restorer } = checkpoint
  const { precision, compute = 'fp32', forms } = options
  const constants: PlacedConstant[] = []
  const used: Constant[] = []
  const place = placing()
  const names = options.copy
    ? new Map()
    : new Map([...namesOf('unet', restorer.weights), ...namesOf('vae', vae.weights)])

  const draw = (
    name: string,
    weights: Weights,
    from: Feature,
    to: string,
    body: (network: Network, input: Feature) => Feature,
  ): Uint8Array => {
    const graph = new GraphBuilder(name)
    const network = { graph, weights, precision, compute, forms, locate: (file: string) => names.get(file) }
    const result = body(network, { ...from, name: cast(network, from.name, from.name, 'fp32', compute) })
    const output = { ...result, name: cast(network, to, result.name, compute, 'fp32') }
    const { model, external } = graph.finish(from, { ...output, name: to }, output, WEIGHTS_FILE, (_, constant) =>
      place(constant),
    )
    constants.push(...external)
    used.push(...graph.constants)
    return model
  }

  const pixels = { name: 'pixels', channels: 3 }
  const latent = { name: 'latent', channels: vae.config.latent_channels }
  const conditioning = new Conditioning(restorer.weights, restorer.config, options.timestep, options.prompt)
  const graphs = {
    encoder: draw('encoder', vae.weights, pixels, 'latent', (network, x) => encoder(network, vae.config, x)),
    unet: draw('unet', restorer.weights, latent, 'prediction', (network, x) =>
      unet(network, restorer.config, x, conditioning),
    ),
    decoder: draw('decoder', vae.weights, latent, 'pixels', (network, x) => decoder(network, vae.config, x)),
  }
  const referred = new Set(used.map(({ home }) => home?.location))
  return {
    ...graphs,
    constants,
    conditioning,
    links: new Map(Array.from(names, ([file, name]) => [name, file] as const).filter(([name]) => referred.has(name))),
    precision: (['int8', 'fp16'] as const).find((one) => used.some(({ type }) => type === STORED[one])) ?? 'fp32',
  }
}

const STORED = { int8: 'int8', fp16: 'float16' } as const

/** What the files of one part are called beside the graphs. */
function namesOf(part: string, { files }: Weights): readonly (readonly [file: string, name: string])[] {
  return files.map((file, index) => [
    file,
    files.length === 1 ? `${part}.safetensors` : `${part}-${index + 1}.safetensors`,
  ])
}
