import { crossAttention, selfAttention } from './attention.ts'
import type { Conditioning } from './conditioning.ts'
import type { Feature } from './graph-builder.ts'
import { add, fromTokens, groupNorm, layerNorm, linear, type Tokens, toTokens } from './layers.ts'
import type { Network } from './network.ts'

export interface TransformerOptions {
  readonly heads: number
  readonly layers: number
  readonly groups: number
  readonly conditioning: Conditioning
}

/**
 * Diffusers' Transformer2DModel on a feature map [B, channels, H, W]. Its projections are linear layers or 1×1
 * convolutions by `use_linear_projection`; over tokens both are the same product.
 */
export function transformer(network: Network, path: string, x: Feature, options: TransformerOptions): Feature {
  const { heads, layers, groups, conditioning } = options
  let tokens = toTokens(network, path, groupNorm(network, `${path}.norm`, x, groups, 1e-6))
  tokens = linear(network, `${path}.proj_in`, tokens, x.channels)
  for (let layer = 0; layer < layers; layer++)
    tokens = transformerBlock(network, `${path}.transformer_blocks.${layer}`, tokens, heads, conditioning)
  tokens = linear(network, `${path}.proj_out`, tokens, x.channels)
  return add(network, path, fromTokens(network, path, tokens), x)
}

/** Diffusers' BasicTransformerBlock: self attention, cross attention, feed-forward, each on a layer norm and added. */
function transformerBlock(
  network: Network,
  path: string,
  x: Tokens,
  heads: number,
  conditioning: Conditioning,
): Tokens {
  let y = layerNorm(network, `${path}.norm1`, x)
  let sum = add(network, path, selfAttention(network, `${path}.attn1`, y, heads, { bias: false }), x)
  y = layerNorm(network, `${path}.norm2`, sum)
  sum = add(network, path, crossAttention(network, `${path}.attn2`, y, heads, conditioning), sum)
  y = layerNorm(network, `${path}.norm3`, sum)
  return add(network, path, feedForward(network, `${path}.ff.net`, y), sum)
}

/** GEGLU (Shazeer 2020, arXiv 2002.05202) to four times the width and back, with the exact GELU. */
function feedForward(network: Network, path: string, x: Tokens): Tokens {
  const { graph } = network
  const inner = 4 * x.channels
  const projected = linear(network, `${path}.0.proj`, x, 2 * inner)
  const [value, gate] = graph.nodes('Split', path, [projected.name], 2, { axis: -1, num_outputs: 2 })
  const gated = graph.node('Mul', path, [value!, graph.node('Gelu', path, [gate!])])
  return linear(network, `${path}.2`, { ...x, name: gated, channels: inner }, x.channels)
}
