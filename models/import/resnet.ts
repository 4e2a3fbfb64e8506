import type { Conditioning } from './conditioning.ts'
import type { Feature } from './graph-builder.ts'
import { add, convolution, groupNorm, silu } from './layers.ts'
import type { Network } from './network.ts'

export interface ResnetOptions {
  readonly out: number
  readonly groups: number
  readonly epsilon: number
  /** What brings in the time embedding, when the block has one. */
  readonly conditioning?: Conditioning
}

/**
 * Diffusers' ResnetBlock2D: x + conv(silu(norm(conv(silu(norm(x)))))), [B, channels, H, W] to [B, out, H, W].
 * Where its last convolution is all zeros, nothing is computed but x: so a checkpoint can have fewer blocks at some sizes
 * than its configuration, which knows one number for all.
 */
export function resnet(network: Network, path: string, x: Feature, options: ResnetOptions): Feature {
  const { out, groups, epsilon, conditioning } = options
  const skip = x.channels === out ? x : convolution(network, `${path}.conv_shortcut`, x, { out, size: 1 })
  if (network.weights.isIdle(path, 'conv2')) return skip
  const time = conditioning?.time(network, path, out)
  let y = silu(network, `${path}.norm1`, groupNorm(network, `${path}.norm1`, x, groups, epsilon))
  y = convolution(network, `${path}.conv1`, y, { out, size: 3, bias: time?.bias })
  y = silu(network, `${path}.norm2`, groupNorm(network, `${path}.norm2`, y, groups, epsilon, time?.norm))
  y = convolution(network, `${path}.conv2`, y, { out, size: 3 })
  return add(network, path, skip, y)
}
