import { affine, matrixProduct } from './dense.ts'
import { type Shape, type StoredTensor, valuesOf } from './stored-tensor.ts'

/** An embedding of a prompt: `values` is [length, width]. */
export interface Prompt {
  readonly values: Float32Array
  readonly length: number
  readonly width: number
}

/** All that the folded constants depend on. */
export interface FoldingInputs {
  /** The UNet's time embedding, its projections and the prompt's projections, by Diffusers' names. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly timestep: number
  readonly prompt: Prompt
  /** Diffusers' flip_sin_to_cos and freq_shift. */
  readonly flip: boolean
  readonly shift: number
}

export interface Folded {
  readonly shape: Shape
  readonly values: Float32Array
}

/** The name of the constant that a projection of the prompt becomes. */
export function promptTensor(path: string, projection: 'to_k' | 'to_v'): string {
  return `${path}.${projection}.prompt`
}

/**
 * Computes constants of the UNet's graph that the timestep or the prompt decides, by their names:
 * - `….to_k.prompt` [channels, length] and `….to_v.prompt` [length, channels], projections of the prompt;
 * - `….conv1.bias`, with the block's projection of the time embedding added;
 * - `….norm2.weight` w·(1 + scale) and `….norm2.bias` b·(1 + scale) + shift, where that projection is scale and shift
 *   (Diffusers' resnet_time_scale_shift).
 */
export function folding(inputs: FoldingInputs): (name: string) => Folded {
  const { tensors, prompt } = inputs
  const read = (name: string): Float32Array => valuesOf(tensors.get(name)!)
  let embedding: Float64Array | undefined
  const ofTime = (path: string): Float64Array => {
    embedding ??= timeEmbedding(inputs)
    return project(tensors, `${path}.time_emb_proj`, embedding)
  }
  return (name) => {
    const [, path = '', kind] = FOLDED_NAME.exec(name) ?? []
    switch (kind) {
      case 'to_k.prompt': {
        const values = matrixProduct(read(`${path}.to_k.weight`), prompt.values, prompt.width)
        return { values, shape: [values.length / prompt.length, prompt.length] }
      }
      case 'to_v.prompt': {
        const values = matrixProduct(prompt.values, read(`${path}.to_v.weight`), prompt.width)
        return { values, shape: [prompt.length, values.length / prompt.length] }
      }
    }
    const own = read(name)
    const time = ofTime(path)
    const fold = (value: number, channel: number): number => {
      if (kind === 'conv1.bias') return value + time[channel]!
      const scaled = value * (1 + time[channel]!)
      return kind === 'norm2.weight' ? scaled : scaled + time[channel + own.length]!
    }
    return { values: own.map(fold), shape: [own.length] }
  }
}

const FOLDED_NAME = /^(.*)\.(to_k\.prompt|to_v\.prompt|conv1\.bias|norm2\.weight|norm2\.bias)$/

/** What every resnet projects: silu of the embedded timestep. */
function timeEmbedding({ tensors, timestep, ...order }: FoldingInputs): Float64Array {
  const width = tensors.get('time_embedding.linear_1.weight')!.shape[1]!
  const hidden = silu(project(tensors, 'time_embedding.linear_1', sinusoid(timestep, width, order)))
  return silu(project(tensors, 'time_embedding.linear_2', hidden))
}

function project(tensors: FoldingInputs['tensors'], path: string, x: Float64Array): Float64Array {
  return affine(valuesOf(tensors.get(`${path}.weight`)!), valuesOf(tensors.get(`${path}.bias`)!), x)
}

/**
 * The sinusoidal position embedding (Vaswani et al. 2017, arXiv 1706.03762, section 3.5) as Diffusers' Timesteps
 * computes it: frequencies 10000^(-i / (half - shift)), sines before cosines unless flipped; an odd width ends in 0.
 */
export function sinusoid(
  timestep: number,
  width: number,
  { flip, shift }: Pick<FoldingInputs, 'flip' | 'shift'>,
): Float64Array {
  const half = Math.floor(width / 2)
  const angles = Array.from({ length: half }, (_, index) => timestep * 10000 ** (-index / (half - shift)))
  const waves = [angles.map(Math.sin), angles.map(Math.cos)]
  const embedding = new Float64Array(width)
  embedding.set((flip ? waves.reverse() : waves).flat())
  return embedding
}

function silu(x: Float64Array): Float64Array {
  return x.map((value) => value / (1 + Math.exp(-value)))
}
