import type { UnetConfig } from './config.ts'
import { affine } from './dense.ts'
import { valuesOf } from './stored-tensor.ts'
import type { TensorSource } from './weights.ts'

/**
 * Folds a fixed timestep: returns, for a resnet block of the UNet, the bias of its first convolution plus the block's
 * projection of the time embedding.
 */
export function foldTimestep(
  weights: TensorSource,
  config: UnetConfig,
  timestep: number,
): (path: string, out: number) => Float32Array {
  const width = config.block_out_channels[0]!
  const inner = config.time_embedding_dim ?? width * 4
  const layer = (path: string, inputs: number, outputs: number, x: Float64Array): Float64Array =>
    affine(
      valuesOf(weights.take(`${path}.weight`, [outputs, inputs])),
      valuesOf(weights.take(`${path}.bias`, [outputs])),
      x,
    )
  const hidden = silu(layer('time_embedding.linear_1', width, inner, sinusoid(timestep, width, config)))
  const embedding = silu(layer('time_embedding.linear_2', inner, inner, hidden))
  return (path, out) => {
    const projection = layer(`${path}.time_emb_proj`, inner, out, embedding)
    return valuesOf(weights.take(`${path}.conv1.bias`, [out])).map((bias, channel) => bias + projection[channel]!)
  }
}

/**
 * The sinusoidal position embedding (Vaswani et al. 2017, arXiv 1706.03762, section 3.5) as Diffusers' Timesteps
 * computes it: frequencies 10000^(-i / (half - freq_shift)), sines before cosines unless flipped; an odd width ends in 0.
 */
export function sinusoid(
  timestep: number,
  width: number,
  { flip_sin_to_cos, freq_shift }: Pick<UnetConfig, 'flip_sin_to_cos' | 'freq_shift'>,
): Float64Array {
  const half = Math.floor(width / 2)
  const angles = Array.from({ length: half }, (_, index) => timestep * 10000 ** (-index / (half - freq_shift)))
  const waves = [angles.map(Math.sin), angles.map(Math.cos)]
  const embedding = new Float64Array(width)
  embedding.set((flip_sin_to_cos ? waves.reverse() : waves).flat())
  return embedding
}

function silu(x: Float64Array): Float64Array {
  return x.map((value) => value / (1 + Math.exp(-value)))
}
