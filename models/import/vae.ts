import { PROJECTIONS, selfAttention } from './attention.ts'
import { sideOfSquares, type VaeConfig } from './config.ts'
import type { Feature } from './graph-builder.ts'
import {
  add,
  convolution,
  downsample,
  fromTokens,
  groupNorm,
  pixelShuffle,
  pixelUnshuffle,
  silu,
  toTokens,
  upsample,
} from './layers.ts'
import { cast, type Network } from './network.ts'
import { resnet } from './resnet.ts'

/**
 * The encoder of Diffusers' AutoencoderKL: pixels [B, 3, H, W] in -1..1 to the mean of the posterior
 * [B, latent_channels, H / f, W / f], standardised by latents_mean and latents_std where there are such. The half of the
 * last layer that gives the log variance is left out.
 */
export function encoder(network: Network, config: VaeConfig, pixels: Feature): Feature {
  const { block_out_channels: widths, latent_channels: latents } = config
  const patches = pixelUnshuffle(network, 'encoder.patches', pixels, sideOfSquares(config.in_channels))
  let x = convolution(network, 'encoder.conv_in', patches, { out: widths[0]!, size: 3 })
  widths.forEach((width, level) => {
    const path = `encoder.down_blocks.${level}`
    for (let layer = 0; layer < config.layers_per_block; layer++)
      x = residual(network, `${path}.resnets.${layer}`, x, width, config)
    if (level < widths.length - 1) x = downsample(network, `${path}.downsamplers.0.conv`, x, 0)
  })
  x = middle(network, 'encoder.mid_block', x, config)
  x = normalized(network, 'encoder.conv_norm_out', x, config)
  const moments = 2 * latents
  const keep = config.use_quant_conv ? moments : latents
  x = convolution(network, 'encoder.conv_out', x, { out: moments, size: 3, keep })
  if (config.use_quant_conv) x = convolution(network, 'quant_conv', x, { out: moments, size: 1, keep: latents })
  return standardised(network, 'encoder', x, config, 'forward')
}

/** The decoder: latent [B, latent_channels, H, W] to pixels [B, 3, H · f, W · f], nominally -1..1, not clamped. */
export function decoder(network: Network, config: VaeConfig, latent: Feature): Feature {
  const widths = config.block_out_channels.toReversed()
  const { latent_channels: latents, use_post_quant_conv: quantized } = config
  let x = standardised(network, 'decoder', latent, config, 'back')
  if (quantized) x = convolution(network, 'post_quant_conv', x, { out: latents, size: 1 })
  x = convolution(network, 'decoder.conv_in', x, { out: widths[0]!, size: 3 })
  x = middle(network, 'decoder.mid_block', x, config)
  widths.forEach((width, level) => {
    const path = `decoder.up_blocks.${level}`
    for (let layer = 0; layer <= config.layers_per_block; layer++)
      x = residual(network, `${path}.resnets.${layer}`, x, width, config)
    if (level < widths.length - 1) x = upsample(network, `${path}.upsamplers.0.conv`, x)
  })
  x = normalized(network, 'decoder.conv_norm_out', x, config)
  const patches = convolution(network, 'decoder.conv_out', x, { out: config.out_channels, size: 3 })
  return pixelShuffle(network, 'decoder.patches', patches, sideOfSquares(config.in_channels))
}

/** All norms of the autoencoder, whatever its configuration says. */
const EPSILON = 1e-6

/** Attention's names before Diffusers 0.18, still found in old checkpoints. */
const OLD_PROJECTIONS = { query: 'query', key: 'key', value: 'value', out: 'proj_attn' }

/** (x - mean) / std of each latent channel, or back. The manifest's shift and scale come on top. */
function standardised(
  network: Network,
  path: string,
  x: Feature,
  { latents_mean: mean, latents_std: std }: VaeConfig,
  direction: 'forward' | 'back',
): Feature {
  if (!mean || !std) return x
  const { graph, compute = 'fp32' } = network
  const constant = (key: string, values: readonly number[]): string => {
    const name = graph.floats(`${path}.${key}`, Float32Array.from(values), [values.length, 1, 1])
    return cast(network, `${path}.${key}`, name, 'fp32', compute)
  }
  const [shift, scale] = [constant('latents_mean', mean), constant('latents_std', std)]
  const name =
    direction === 'forward'
      ? graph.node('Div', path, [graph.node('Sub', path, [x.name, shift]), scale])
      : graph.node('Add', path, [graph.node('Mul', path, [x.name, scale]), shift])
  return { ...x, name }
}

function residual(network: Network, path: string, x: Feature, out: number, config: VaeConfig): Feature {
  return resnet(network, path, x, { out, groups: config.norm_num_groups, epsilon: EPSILON })
}

function normalized(network: Network, path: string, x: Feature, config: VaeConfig): Feature {
  return silu(network, path, groupNorm(network, path, x, config.norm_num_groups, EPSILON))
}

function middle(network: Network, path: string, x: Feature, config: VaeConfig): Feature {
  let y = residual(network, `${path}.resnets.0`, x, x.channels, config)
  if (config.mid_block_add_attention) y = spatialAttention(network, `${path}.attentions.0`, y, config)
  return residual(network, `${path}.resnets.1`, y, x.channels, config)
}

/** x + attention(norm(x)) over all positions, one head of full width. */
function spatialAttention(network: Network, path: string, x: Feature, config: VaeConfig): Feature {
  const names = network.weights.has(`${path}.query.weight`) ? OLD_PROJECTIONS : PROJECTIONS
  const normal = groupNorm(network, `${path}.group_norm`, x, config.norm_num_groups, EPSILON)
  const tokens = toTokens(network, path, normal)
  const attended = selfAttention(network, path, tokens, 1, { bias: true, names })
  return add(network, path, fromTokens(network, path, attended), x)
}
