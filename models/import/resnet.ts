import type { Feature } from './graph-builder.ts'
import { add, convolution, groupNorm, silu } from './layers.ts'
import type { Network } from './network.ts'

export interface ResnetOptions {
  readonly out: number
  readonly groups: number
  readonly epsilon: number
  /** The first convolution's bias with the time embedding added, when the block has one. */
  readonly timeBias?: (path: string, out: number) => Float32Array
}

/** Diffusers' ResnetBlock2D: x + conv(silu(norm(conv(silu(norm(x)))))), [B, channels, H, W] to [B, out, H, W]. */
export function resnet(network: Network, path: string, x: Feature, options: ResnetOptions): Feature {
  const { out, groups, epsilon, timeBias } = options
  const bias = timeBias && { bias: timeBias(path, out) }
  let y = silu(network, `${path}.norm1`, groupNorm(network, `${path}.norm1`, x, groups, epsilon))
  y = convolution(network, `${path}.conv1`, y, { out, size: 3, ...bias })
  y = silu(network, `${path}.norm2`, groupNorm(network, `${path}.norm2`, y, groups, epsilon))
  y = convolution(network, `${path}.conv2`, y, { out, size: 3 })
  const skip = x.channels === out ? x : convolution(network, `${path}.conv_shortcut`, x, { out, size: 1 })
  return add(network, path, skip, y)
}
