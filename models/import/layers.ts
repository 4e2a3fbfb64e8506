import type { Feature } from './graph-builder.ts'
import { kernel, matrix, type Network, vector, vectorOf } from './network.ts'
import { firstRows } from './stored-tensor.ts'

export interface ConvolutionOptions {
  readonly out: number
  readonly size: 1 | 3
  readonly stride?: 1 | 2
  /** Top, left, bottom, right; by default what keeps the size. */
  readonly pads?: readonly [number, number, number, number]
  /** Takes the place of the checkpoint's bias. */
  readonly bias?: Float32Array
  /** Keep only so many of the output channels. */
  readonly keep?: number
}

/** Conv2d with bias: [B, channels, H, W] to [B, out, H / stride, W / stride]. */
export function convolution(network: Network, path: string, x: Feature, options: ConvolutionOptions): Feature {
  const { out, size, stride = 1, keep = out } = options
  const margin = (size - 1) / 2
  const weight = network.weights.take(
    `${path}.weight`,
    [out, x.channels, size, size],
    ...(size === 1 ? [[out, x.channels]] : []),
  )
  const bias = options.bias
    ? network.graph.floats(`${path}.bias`, options.bias, [out])
    : vectorOf(network, firstRows(network.weights.take(`${path}.bias`, [out]), keep))
  const name = network.graph.node('Conv', path, [x.name, kernel(network, firstRows(weight, keep)), bias], {
    kernel_shape: [size, size],
    strides: [stride, stride],
    pads: options.pads ?? [margin, margin, margin, margin],
  })
  return { name, channels: keep }
}

/** y = x·Wᵀ + b over the last axis: [B, positions, channels] to [B, positions, out]. */
export function linear(network: Network, path: string, x: Feature, out: number, bias = true): Feature {
  const product = network.graph.node('MatMul', path, [x.name, matrix(network, `${path}.weight`, x.channels, out)])
  const name = bias ? network.graph.node('Add', path, [product, vector(network, `${path}.bias`, out)]) : product
  return { name, channels: out }
}

/**
 * Group normalisation (Wu and He 2018, arXiv 1803.08494) of [B, channels, H, W]: an InstanceNormalization of
 * [B, groups, everything else], then weight and bias by channel as a BatchNormalization of mean 0 and variance 1, which
 * is one pass over the data where Mul and Add are two. For a group of a million values the largest error on the CPU is
 * 8e-5 standard deviations; built from ReduceMean and ReduceSumSquare it is 2e-3.
 */
export function groupNorm(network: Network, path: string, x: Feature, groups: number, epsilon: number): Feature {
  const { graph } = network
  const filled = (value: number, size: number): string =>
    graph.floats(`${value}[${size}]`, new Float32Array(size).fill(value), [size])
  const grouped = graph.node('Reshape', path, [x.name, graph.integers([0, groups, -1])])
  const normal = graph.node('InstanceNormalization', path, [grouped, filled(1, groups), filled(0, groups)], {
    epsilon: { float: epsilon },
  })
  const restored = graph.node('Reshape', path, [normal, graph.node('Shape', path, [x.name])])
  const parameters = ['weight', 'bias'].map((key) => vector(network, `${path}.${key}`, x.channels))
  const moments = [filled(0, x.channels), filled(1 - LEAST_EPSILON, x.channels)]
  const name = graph.node('BatchNormalization', path, [restored, ...parameters, ...moments], {
    epsilon: { float: LEAST_EPSILON },
  })
  return { name, channels: x.channels }
}

/** Some providers raise a smaller epsilon of BatchNormalization to this. */
const LEAST_EPSILON = 1e-5

/** Layer normalisation of the last axis; PyTorch's default epsilon. */
export function layerNorm(network: Network, path: string, x: Feature): Feature {
  const parameters = ['weight', 'bias'].map((key) => vector(network, `${path}.${key}`, x.channels))
  const name = network.graph.node('LayerNormalization', path, [x.name, ...parameters], { epsilon: { float: 1e-5 } })
  return { name, channels: x.channels }
}

/** x · sigmoid(x), which ONNX Runtime has in one pass as QuickGelu with alpha 1. */
export function silu({ graph }: Network, path: string, x: Feature): Feature {
  return { name: graph.node('QuickGelu', path, [x.name], { alpha: { float: 1 } }), channels: x.channels }
}

/** a + b of equal shapes. */
export function add({ graph }: Network, path: string, a: Feature, b: Feature): Feature {
  return { name: graph.node('Add', path, [a.name, b.name]), channels: a.channels }
}

/** Joined along channels: [B, a + b, H, W]. */
export function concatenate({ graph }: Network, path: string, a: Feature, b: Feature): Feature {
  return { name: graph.node('Concat', path, [a.name, b.name], { axis: 1 }), channels: a.channels + b.channels }
}

/** [B, channels, H, W] to tokens [B, H·W, channels]. */
export function toTokens({ graph }: Network, path: string, x: Feature): Feature {
  const flat = graph.node('Reshape', path, [x.name, graph.integers([0, 0, -1])])
  return { name: graph.node('Transpose', path, [flat], { perm: [0, 2, 1] }), channels: x.channels }
}

/** Tokens back to the height and width of `like`, which has as many channels. */
export function fromTokens({ graph }: Network, path: string, tokens: Feature, like: Feature): Feature {
  const flat = graph.node('Transpose', path, [tokens.name], { perm: [0, 2, 1] })
  const name = graph.node('Reshape', path, [flat, graph.node('Shape', path, [like.name])])
  return { name, channels: tokens.channels }
}

/** Half the size by a convolution; `padding` 0 pads right and bottom only, as the autoencoder does. */
export function downsample(network: Network, path: string, x: Feature, padding: 0 | 1): Feature {
  return convolution(network, path, x, { out: x.channels, size: 3, stride: 2, pads: [padding, padding, 1, 1] })
}

/** Nearest neighbour to twice the size, then a convolution. */
export function upsample(network: Network, path: string, x: Feature): Feature {
  const { graph } = network
  const scales = graph.floats('scales[1,1,2,2]', Float32Array.of(1, 1, 2, 2), [4])
  const name = graph.node('Resize', path, [x.name, '', scales], NEAREST)
  return convolution(network, path, { name, channels: x.channels }, { out: x.channels, size: 3 })
}

/**
 * Nearest neighbour to the height and width of `like`, then a convolution. For every size that halving can have come
 * from this equals doubling and cropping.
 */
export function upsampleTo(network: Network, path: string, x: Feature, like: Feature): Feature {
  const { graph } = network
  const own = graph.node('Shape', path, [x.name], { end: 2 })
  const target = graph.node('Shape', path, [like.name], { start: 2 })
  const sizes = graph.node('Concat', path, [own, target], { axis: 0 })
  const name = graph.node('Resize', path, [x.name, '', '', sizes], NEAREST)
  return convolution(network, path, { name, channels: x.channels }, { out: x.channels, size: 3 })
}

const NEAREST = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
