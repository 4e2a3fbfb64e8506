import type { UnetConfig } from './config.ts'
import { invalidCheckpoint } from './failure.ts'
import { type Folded, type FoldingInputs, folding, type Prompt, promptTensor } from './folding.ts'
import type { Constant } from './graph-builder.ts'
import type { NormParameters } from './layers.ts'
import { encoded, type Network, ONNX_TYPE } from './network.ts'
import { placing } from './placing.ts'
import type { Shape, StoredTensor } from './stored-tensor.ts'
import type { TensorSource } from './weights.ts'

/** The file beside the UNet's graph with all constants that depend on the timestep or on the prompt. */
export const CONDITIONING_FILE = 'conditioning.bin'

/**
 * What the checkpoint's UNet is asked with, always: its constants, and the tensors that they come from, which are kept
 * beside the model so that another timestep or prompt can be folded in without the checkpoint.
 */
export class Conditioning {
  readonly #weights: TensorSource
  readonly #config: UnetConfig
  readonly #prompts: ReadonlyMap<string, Prompt>
  readonly #prompt: Prompt
  readonly #fold: (name: string) => Folded
  readonly #sources = new Map<string, StoredTensor>()
  readonly #constants = new Map<string, Constant>()
  readonly #place = placing()

  /** @param chosen the name of one of `prompts`, which is folded in now; each of the others may be later */
  constructor(
    weights: TensorSource,
    config: UnetConfig,
    timestep: number,
    prompts: ReadonlyMap<string, Prompt>,
    chosen: string,
  ) {
    this.#weights = weights
    this.#config = config
    this.#prompts = prompts
    this.#prompt = prompts.get(chosen)!
    const { flip_sin_to_cos: flip, freq_shift: shift } = config
    const inputs: FoldingInputs = { tensors: this.#sources, timestep, prompt: this.#prompt, flip, shift }
    this.#fold = folding(inputs)
    const width = config.block_out_channels[0]!
    this.#takeLinear('time_embedding.linear_1', width, this.#inner)
    this.#takeLinear('time_embedding.linear_2', this.#inner, this.#inner)
  }

  /** Everything that goes to the conditioning file, in its order. */
  get constants(): readonly Constant[] {
    return [...this.#constants.values()]
  }

  get promptLength(): number {
    return this.#prompt.length
  }

  /** What folding reads of the checkpoint. */
  get sources(): readonly StoredTensor[] {
    return [...this.#sources.values()]
  }

  /** For a resnet: its first convolution's bias or its second norm's parameters, with the time embedding in them. */
  time(network: Network, path: string, out: number): { readonly bias?: string; readonly norm?: NormParameters } {
    if (this.#config.resnet_time_scale_shift === 'default') {
      this.#takeLinear(`${path}.time_emb_proj`, this.#inner, out)
      this.#take(`${path}.conv1.bias`, [out])
      return { bias: this.#constant(network, `${path}.conv1.bias`, [out], network.compute ?? 'fp32') }
    }
    this.#takeLinear(`${path}.time_emb_proj`, this.#inner, 2 * out)
    const parameter = (name: string): string => {
      this.#take(name, [out])
      return this.#constant(network, name, [out], 'fp32')
    }
    return { norm: { weight: parameter(`${path}.norm2.weight`), bias: parameter(`${path}.norm2.bias`) } }
  }

  /** For a cross attention: the prompt's keys [channels, length] and values [length, channels]. */
  prompt(network: Network, path: string, channels: number): { readonly keys: string; readonly values: string } {
    const { length, width } = this.#prompt
    this.#take(`${path}.to_k.weight`, [channels, width])
    this.#take(`${path}.to_v.weight`, [channels, width])
    const compute = network.compute ?? 'fp32'
    return {
      keys: this.#constant(network, promptTensor(path, 'to_k'), [channels, length], compute),
      values: this.#constant(network, promptTensor(path, 'to_v'), [length, channels], compute),
    }
  }

  /** @throws RestorationError when a cross attention of `width` cannot read every prompt */
  requireWidth(width: number): void {
    for (const [name, prompt] of this.#prompts)
      if (prompt.width !== width)
        throw invalidCheckpoint(
          `Prompt ${name}: expected an embedding of ${width} channels (cross_attention_dim), got ${prompt.width}.`,
          'Embed it with the text encoder that the model was trained with, or leave it out.',
        )
  }

  get #inner(): number {
    return this.#config.time_embedding_dim ?? this.#config.block_out_channels[0]! * 4
  }

  #takeLinear(path: string, inputs: number, outputs: number): void {
    this.#take(`${path}.weight`, [outputs, inputs])
    this.#take(`${path}.bias`, [outputs])
  }

  #take(name: string, shape: Shape): void {
    this.#sources.set(name, this.#weights.take(name, shape))
  }

  /** Computed when written; graphs that ask for the same one share it. */
  #constant({ graph }: Network, name: string, shape: Shape, type: 'fp32' | 'fp16'): string {
    const key = `${name}:${type}`
    const known = this.#constants.get(key)
    if (known) return graph.constant(known)
    const constant: Constant = {
      name,
      type: ONNX_TYPE[type],
      shape,
      home: { location: CONDITIONING_FILE, offset: this.#place({ type: ONNX_TYPE[type], shape }) },
      chunks: () => encoded([this.#fold(name).values], type),
    }
    this.#constants.set(key, constant)
    return graph.constant(constant)
  }
}
