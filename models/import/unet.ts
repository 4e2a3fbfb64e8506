import type { Conditioning } from './conditioning.ts'
import type { UnetConfig } from './config.ts'
import type { Feature } from './graph-builder.ts'
import { concatenate, convolution, downsample, groupNorm, silu, upsampleTo } from './layers.ts'
import type { Network } from './network.ts'
import { resnet } from './resnet.ts'
import { transformer } from './transformer.ts'

/**
 * Diffusers' UNet2DConditionModel for one timestep and one prompt: latent [B, in_channels, H, W] to the prediction
 * [B, out_channels, H, W]. Any H and W; sizes that halving rounds up come back exactly.
 */
export function unet(network: Network, config: UnetConfig, latent: Feature, conditioning: Conditioning): Feature {
  const { block_out_channels: widths, norm_num_groups: groups, norm_eps: epsilon } = config
  const last = widths.length - 1

  const residual = (path: string, x: Feature, out: number): Feature =>
    resnet(network, path, x, { out, groups, epsilon, conditioning })
  const attend = (path: string, x: Feature, level: number): Feature => {
    conditioning.requireWidth(config.cross_attention_dim[level]!)
    return transformer(network, path, x, {
      heads: config.attention_head_dim[level]!,
      layers: config.transformer_layers_per_block[level]!,
      groups,
      conditioning,
    })
  }

  let x = convolution(network, 'conv_in', latent, { out: widths[0]!, size: 3 })
  const skips = [x]

  widths.forEach((width, level) => {
    const path = `down_blocks.${level}`
    const attends = config.down_block_types[level] === 'CrossAttnDownBlock2D'
    for (let layer = 0; layer < config.layers_per_block[level]!; layer++) {
      x = residual(`${path}.resnets.${layer}`, x, width)
      if (attends) x = attend(`${path}.attentions.${layer}`, x, level)
      skips.push(x)
    }
    if (level < last) {
      x = downsample(network, `${path}.downsamplers.0.conv`, x, config.downsample_padding)
      skips.push(x)
    }
  })

  // Without attention the middle is a single residual block; Diffusers builds it with no further layers.
  if (config.mid_block_type !== null) x = residual('mid_block.resnets.0', x, x.channels)
  if (config.mid_block_type === 'UNetMidBlock2DCrossAttn') {
    x = attend('mid_block.attentions.0', x, last)
    x = residual('mid_block.resnets.1', x, x.channels)
  }

  for (let level = last; level >= 0; level--) {
    const path = `up_blocks.${last - level}`
    const attends = config.up_block_types[last - level] === 'CrossAttnUpBlock2D'
    for (let layer = 0; layer <= config.layers_per_block[level]!; layer++) {
      const joined = concatenate(network, `${path}.resnets.${layer}`, x, skips.pop()!)
      x = residual(`${path}.resnets.${layer}`, joined, widths[level]!)
      if (attends) x = attend(`${path}.attentions.${layer}`, x, level)
    }
    if (level > 0) x = upsampleTo(network, `${path}.upsamplers.0.conv`, x, skips.at(-1)!)
  }

  x = silu(network, 'conv_norm_out', groupNorm(network, 'conv_norm_out', x, groups, epsilon))
  return convolution(network, 'conv_out', x, { out: config.out_channels, size: 3 })
}
