import type { Feature } from '../graph-builder.ts'
import {
  add,
  affine,
  affineChannels,
  concatenate,
  convolution,
  convolutionOf,
  multiply,
  pixelShuffle,
  silu,
} from '../layers.ts'
import type { Network } from '../network.ts'
import type { Weights } from '../weights.ts'
import { foldedConvolution } from './conv3xc.ts'
import { shapeOf, shuffleScale } from './names.ts'
import type { Recognised } from './recognised.ts'

/**
 * SPAN: six blocks whose attention has no parameters (Wan et al. 2023, arXiv 2311.12770, section 3; code of the same
 * authors). Its convolutions are trained as sums of several and folded to one each here.
 */
export function span(weights: Weights): Recognised | undefined {
  if (!weights.has('block_1.c1_r.sk.weight') || !weights.has('conv_cat.weight')) return undefined
  const [width, channels] = shapeOf(weights, 'conv_1.sk.weight', 4) as [number, number]
  const [outputs] = shapeOf(weights, 'upsampler.0.weight', 4) as [number]
  const scale = shuffleScale(weights, 'upsampler.0', outputs, channels)
  return {
    architecture: 'SPAN',
    details: `6 blocks of ${width} channels`,
    scale,
    channels,
    paddingMultiple: 1,
    leftOver: /\.eval_conv\.(weight|bias)$|^no_norm$/,
    build(network, pixels) {
      // A tensor of that name says that the picture goes in as it is.
      const input = weights.has('no_norm') ? pixels : normalised(network, pixels)
      const first = folded(network, 'conv_1', input, width)
      const results: Feature[] = []
      let x = first
      let middle = first
      for (let block = 1; block <= BLOCKS; block++) {
        const { out, inner } = attentionBlock(network, `block_${block}`, x, width)
        x = out
        middle = inner
        results.push(out)
      }
      const end = folded(network, 'conv_2', x, width)
      const all = [first, end, results[0]!, middle].reduce((a, b) => concatenate(network, 'conv_cat', a, b))
      const joined = convolution(network, 'conv_cat', all, { out: width, size: 1 })
      const shuffled = convolution(network, 'upsampler.0', joined, { out: outputs, size: 3 })
      return pixelShuffle(network, 'upsampler.1', shuffled, scale)
    },
  }
}

const BLOCKS = 6

/** The code's img_range and rgb_mean, which no checkpoint carries. */
const RANGE = 255
const MEAN = [0.4488, 0.4371, 0.404]

function normalised(network: Network, pixels: Feature): Feature {
  const offsets = MEAN.slice(0, pixels.channels).map((mean) => -RANGE * mean)
  return affineChannels(network, 'normalised', pixels, RANGE, offsets)
}

/** (y₃ + x) · (sigmoid(y₃) − ½), and y₁ after its activation: in the authors' code SiLU works in place, so that is what the end is given. */
function attentionBlock(network: Network, path: string, x: Feature, width: number): { out: Feature; inner: Feature } {
  const { graph } = network
  const inner = silu(network, `${path}.act1`, folded(network, `${path}.c1_r`, x, width))
  let y = folded(network, `${path}.c2_r`, inner, width)
  y = folded(network, `${path}.c3_r`, silu(network, `${path}.act2`, y), width)
  const gate = affine(network, path, { ...y, name: graph.node('Sigmoid', path, [y.name]) }, 1, -0.5)
  const sum = add(network, path, y, x)
  return { inner, out: multiply(network, path, sum, gate) }
}

function folded(network: Network, path: string, x: Feature, width: number): Feature {
  const { weight, bias } = foldedConvolution(network.weights, path, x.channels, width)
  return convolutionOf(network, path, x, weight, bias, 3)
}
