import type { StepCoefficients } from '../../nodes/sdk/one-step.ts'
import { convolutionInEightBits } from './eight-bits.ts'
import type { Feature } from './graph-builder.ts'
import { cast, kernel, matrix, type Network, PORTABLE_FORMS, scalar, vector, vectorOf } from './network.ts'
import { PHASES, phaseMatrix } from './phases.ts'
import type { ConvolutionRanges } from './ranges.ts'
import { firstRows, type StoredTensor } from './stored-tensor.ts'

/** The positions of a feature map as rows: [batch · positions, channels]. */
export interface Tokens extends Feature {
  /** A tensor with the one size [batch]. */
  readonly batch: string
  /** A tensor with the sizes [batch, height, width, channels] of the map. */
  readonly grid: string
}

export interface ConvolutionOptions {
  readonly out: number
  readonly size: 1 | 3
  readonly stride?: 1 | 2
  /** How far apart what a kernel sees is. */
  readonly dilation?: number
  /** Enlarges the map by nearest neighbour first. */
  readonly enlarge?: 1 | 2
  /** Top, left, bottom, right; by default what keeps the size. */
  readonly pads?: readonly [number, number, number, number]
  /** The name of a constant that takes the place of the checkpoint's bias. */
  readonly bias?: string | undefined
  /** Keep only so many of the output channels. */
  readonly keep?: number
}

/** Conv2d with bias: [B, channels, H, W] to [B, out, H · enlarge / stride, W · enlarge / stride]. */
export function convolution(network: Network, path: string, x: Feature, options: ConvolutionOptions): Feature {
  const { out, size, stride = 1, dilation = 1, enlarge = 1, keep = out } = options
  const margin = (dilation * (size - 1)) / 2
  const weight = network.weights.take(`${path}.weight`, [out, x.channels, size, size])
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    ...(dilation > 1 && { dilations: [dilation, dilation] }),
    pads: options.pads ?? [margin, margin, margin, margin],
  }
  const enlarged = (map: Feature) => enlargeNearest(network, path, map, enlarge)
  const own = () => firstRows(network.weights.take(`${path}.bias`, [out]), keep)
  const ranges = options.bias === undefined ? rangesOf(network, path) : undefined
  const name = ranges
    ? convolutionInEightBits(
        network,
        path,
        x,
        { ...ranges, output: ranges.output.slice(0, keep) },
        { weight: firstRows(weight, keep), bias: own(), attributes },
        enlarged,
      )
    : network.graph.node(
        'Conv',
        path,
        [enlarged(x).name, kernel(network, firstRows(weight, keep)), options.bias ?? vectorOf(network, own())],
        attributes,
      )
  const reduction = x.reduction / enlarge
  return worked(network, { ...x, reduction }, { name, channels: keep, reduction: reduction * stride }, size * size)
}

function rangesOf({ forms = PORTABLE_FORMS, ranges }: Network, path: string): ConvolutionRanges | undefined {
  return forms.convolutions === 'int8' ? ranges?.get(path) : undefined
}

/** Conv2d of the same size with tensors that are no checkpoint's own. */
export function convolutionOf(
  network: Network,
  path: string,
  x: Feature,
  weight: StoredTensor,
  bias: StoredTensor,
  size: 1 | 3,
): Feature {
  const margin = (size - 1) / 2
  const name = network.graph.node('Conv', path, [x.name, kernel(network, weight), vectorOf(network, bias)], {
    kernel_shape: [size, size],
    pads: [margin, margin, margin, margin],
  })
  return worked(network, x, { ...x, name, channels: weight.shape[0]! }, size * size)
}

/** y = x·Wᵀ + b of tokens. */
export function linear(network: Network, path: string, x: Tokens, out: number, bias = true): Tokens {
  const inputs = [x.name, matrix(network, `${path}.weight`, x.channels, out)]
  if (bias) inputs.push(vector(network, `${path}.bias`, out))
  return worked(network, x, { ...x, name: network.graph.node('Gemm', path, inputs, { transB: 1 }), channels: out }, 1)
}

/** `result`, with what it costs taken down: `taps` multiplications for each pair of an input and an output channel. */
function worked<Kind extends Feature>({ graph }: Network, x: Feature, result: Kind, taps: number): Kind {
  const values = x.channels / x.reduction ** 2 + result.channels / result.reduction ** 2
  graph.costs({ macs: (taps * x.channels * result.channels) / result.reduction ** 2, values })
  return result
}

/** Names of constants that take the place of a norm's own weight and bias; float32. */
export interface NormParameters {
  readonly weight: string
  readonly bias: string
}

/**
 * Group normalisation (Wu and He 2018, arXiv 1803.08494) of [B, channels, H, W], in float32: each group becomes one row
 * of mean 0 and variance 1; then weight and bias by channel as a BatchNormalization of mean 0 and variance 1, which is
 * one pass over the data where Mul and Add are two. For a group of a million values the largest error on the CPU is 8e-5
 * standard deviations; built from ReduceMean and ReduceSumSquare it is 2e-3. LayerNormalization of whole groups was slower
 * for pictures of any size: its scale must be expanded to the group first.
 */
export function groupNorm(
  network: Network,
  path: string,
  x: Feature,
  groups: number,
  epsilon: number,
  parameters: NormParameters = normParameters(network, path, x.channels),
): Feature {
  const { graph, compute = 'fp32' } = network
  const input = cast(network, path, x.name, compute, 'fp32')
  const grouped = graph.node('Reshape', path, [input, graph.integers([0, groups, -1])])
  const normal = graph.node('Reshape', path, [
    rowNorm(network, path, grouped, groups, epsilon),
    graph.node('Shape', path, [input]),
  ])
  const moments = [filled(network, 0, x.channels), filled(network, 1 - LEAST_EPSILON, x.channels)]
  const scaled = graph.node('BatchNormalization', path, [normal, parameters.weight, parameters.bias, ...moments], {
    epsilon: { float: LEAST_EPSILON },
  })
  return { ...x, name: cast(network, path, scaled, 'fp32', compute) }
}

/** Every row of [B, groups, n] at mean 0 and variance 1. */
function rowNorm(network: Network, path: string, rows: string, groups: number, epsilon: number): string {
  const inputs = [rows, filled(network, 1, groups), filled(network, 0, groups)]
  return network.graph.node('InstanceNormalization', path, inputs, { epsilon: { float: epsilon } })
}

function normParameters(network: Network, path: string, channels: number): NormParameters {
  const parameter = (key: string): string =>
    vectorOf(network, network.weights.take(`${path}.${key}`, [channels]), 'fp32')
  return { weight: parameter('weight'), bias: parameter('bias') }
}

function filled({ graph }: Network, value: number, size: number): string {
  return graph.floats(`${value}[${size}]`, new Float32Array(size).fill(value), [size])
}

/** Some providers raise a smaller epsilon of BatchNormalization to this. */
const LEAST_EPSILON = 1e-5

/** Layer normalisation of each token; PyTorch's default epsilon. */
export function layerNorm(network: Network, path: string, x: Tokens): Tokens {
  const parameters = ['weight', 'bias'].map((key) => vector(network, `${path}.${key}`, x.channels))
  const name = network.graph.node('LayerNormalization', path, [x.name, ...parameters], { epsilon: { float: 1e-5 } })
  return { ...x, name }
}

/** x · sigmoid(x), which ONNX Runtime has in one pass as QuickGelu with alpha 1. */
export function silu({ graph }: Network, path: string, x: Feature): Feature {
  return { ...x, name: graph.node('QuickGelu', path, [x.name], { alpha: { float: 1 } }) }
}

export function relu({ graph }: Network, path: string, x: Feature): Feature {
  return { ...x, name: graph.node('Relu', path, [x.name]) }
}

/** x where it is positive, else slope · x. */
export function leakyRelu({ graph }: Network, path: string, x: Feature, slope: number): Feature {
  return { ...x, name: graph.node('LeakyRelu', path, [x.name], { alpha: { float: slope } }) }
}

/** Leaky ReLU with a slope for each channel. */
export function prelu(network: Network, path: string, x: Feature): Feature {
  const slopes = vector(network, `${path}.weight`, x.channels)
  const shaped = network.graph.node('Reshape', path, [slopes, network.graph.integers([x.channels, 1, 1])])
  return { ...x, name: network.graph.node('PRelu', path, [x.name, shaped]) }
}

/** a + b of equal shapes. */
export function add<Kind extends Feature>({ graph }: Network, path: string, a: Kind, b: Kind): Kind {
  return { ...a, name: graph.node('Add', path, [a.name, b.name]) }
}

/** a · b of equal shapes. */
export function multiply({ graph }: Network, path: string, a: Feature, b: Feature): Feature {
  return { ...a, name: graph.node('Mul', path, [a.name, b.name]) }
}

/** a − b of equal shapes. */
export function subtract({ graph }: Network, path: string, a: Feature, b: Feature): Feature {
  return { ...a, name: graph.node('Sub', path, [a.name, b.name]) }
}

/** factor · x + offset of every value. */
export function affine(network: Network, path: string, x: Feature, factor: number, offset: number): Feature {
  const { graph } = network
  const scaled = factor === 1 ? x.name : graph.node('Mul', path, [x.name, scalar(network, factor)])
  return { ...x, name: offset === 0 ? scaled : graph.node('Add', path, [scaled, scalar(network, offset)]) }
}

/** factor · x + the offset of its channel. */
export function affineChannels(
  network: Network,
  path: string,
  x: Feature,
  factor: number,
  offsets: readonly number[],
): Feature {
  const { graph, compute = 'fp32' } = network
  const values = graph.floats(`${path}.offsets`, Float32Array.from(offsets), [offsets.length, 1, 1])
  const scaled = affine(network, path, x, factor, 0)
  return { ...x, name: graph.node('Add', path, [scaled.name, cast(network, path, values, 'fp32', compute)]) }
}

/** own · a + predicted · b; the two numbers are constants `{path}.own` and `{path}.predicted`. */
export function weightedSum(
  network: Network,
  path: string,
  a: Feature,
  b: Feature,
  { own, predicted }: StepCoefficients,
): Feature {
  const { graph, compute = 'fp32' } = network
  const weighted = (name: string, x: Feature, value: number): string => {
    const factor = graph.floats(`${path}.${name}`, Float32Array.of(value), [1])
    return graph.node('Mul', `${path}.${name}`, [x.name, cast(network, `${path}.${name}`, factor, 'fp32', compute)])
  }
  return { ...a, name: graph.node('Add', path, [weighted('own', a, own), weighted('predicted', b, predicted)]) }
}

/**
 * Squares of size × size pixels become channels: [B, C, H, W] to [B, C·size², H / size, W / size], in PyTorch's order
 * (channel, row, column). As a convolution that only copies, since SpaceToDepth puts the channel last.
 */
export function pixelUnshuffle({ graph, ...network }: Network, path: string, x: Feature, size: number): Feature {
  if (size === 1) return x
  const area = size * size
  const values = new Float32Array(x.channels * area * area)
  for (let out = 0; out < x.channels * area; out++) values[out * area + (out % area)] = 1
  const weight = graph.floats(`${path}.copy`, values, [x.channels * area, 1, size, size])
  const kernel = cast({ graph, ...network }, path, weight, 'fp32', network.compute ?? 'fp32')
  const name = graph.node('Conv', path, [x.name, kernel], {
    kernel_shape: [size, size],
    strides: [size, size],
    group: x.channels,
  })
  return { name, channels: x.channels * area, reduction: x.reduction * size }
}

/** The inverse of pixelUnshuffle. */
export function pixelShuffle({ graph }: Network, path: string, x: Feature, size: number): Feature {
  if (size === 1) return x
  const name = graph.node('DepthToSpace', path, [x.name], { blocksize: size, mode: 'CRD' })
  return { name, channels: x.channels / (size * size), reduction: x.reduction / size }
}

/** Joined along channels. */
export function concatenate({ graph }: Network, path: string, ...maps: readonly Feature[]): Feature {
  const names = maps.map(({ name }) => name)
  const channels = maps.reduce((sum, map) => sum + map.channels, 0)
  return { ...maps[0]!, name: graph.node('Concat', path, names, { axis: 1 }), channels }
}

/** [B, channels, H, W] to tokens [B·H·W, channels]. */
export function toTokens({ graph }: Network, path: string, x: Feature): Tokens {
  const last = graph.node('Transpose', path, [x.name], { perm: [0, 2, 3, 1] })
  return {
    ...x,
    name: graph.node('Reshape', path, [last, graph.integers([-1, x.channels])]),
    batch: graph.node('Shape', path, [x.name], { end: 1 }),
    grid: graph.node('Shape', path, [last]),
  }
}

/** Tokens back to the map that they came from. */
export function fromTokens({ graph }: Network, path: string, x: Tokens): Feature {
  const last = graph.node('Reshape', path, [x.name, x.grid])
  return { ...x, name: graph.node('Transpose', path, [last], { perm: [0, 3, 1, 2] }) }
}

/** Half the size by a convolution; `padding` 0 pads right and bottom only, as the autoencoder does. */
export function downsample(network: Network, path: string, x: Feature, padding: 0 | 1): Feature {
  return convolution(network, path, x, { out: x.channels, size: 3, stride: 2, pads: [padding, padding, 1, 1] })
}

/** Nearest neighbour to twice the size, then a convolution. */
export function upsample(network: Network, path: string, x: Feature): Feature {
  const { forms = PORTABLE_FORMS } = network
  if (x.channels >= forms.phasesFrom && !rangesOf(network, path)) return upsampleInPhases(network, path, x)
  return convolution(network, path, x, { out: x.channels, size: 3, enlarge: 2 })
}

/**
 * The same with 4 taps for each sample instead of 9: of the enlarged picture, every other row and column sees the same
 * pairs of equal samples, so that a kernel of 2 × 2 sums over the small picture gives each of the four phases.
 */
function upsampleInPhases(network: Network, path: string, x: Feature): Feature {
  const { graph, weights } = network
  const weight = kernel(network, weights.take(`${path}.weight`, [x.channels, x.channels, 3, 3]))
  const bias = vector(network, `${path}.bias`, x.channels)
  // Of constants alone: computed when the graph is loaded.
  const taps = graph.node('Reshape', path, [weight, graph.integers([-1, 9])])
  const shape = graph.integers([x.channels, x.channels, 2, 2])
  const phases = PHASES.map(([row, column]) => {
    const sums = graph.floats(`phase${row}${column}`, phaseMatrix(row, column), [9, 4])
    const own = graph.node('Reshape', path, [graph.node('MatMul', path, [taps, sums]), shape])
    const pads = [1 - row, 1 - column, row, column]
    return graph.node('Conv', path, [x.name, own, bias], { kernel_shape: [2, 2], pads })
  })
  const all = graph.node('Concat', path, phases, { axis: 1 })
  const name = graph.node('DepthToSpace', path, [all], { blocksize: 2, mode: 'DCR' })
  return worked(network, x, { ...x, name, reduction: x.reduction / 2 }, 4)
}

/** Every sample `scale` times on both axes. */
export function enlargeNearest({ graph }: Network, path: string, x: Feature, scale: number): Feature {
  if (scale === 1) return x
  const scales = graph.floats(`scales[1,1,${scale},${scale}]`, Float32Array.of(1, 1, scale, scale), [4])
  return { ...x, name: graph.node('Resize', path, [x.name, '', scales], NEAREST), reduction: x.reduction / scale }
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
  return convolution(network, path, { ...x, name, reduction: like.reduction }, { out: x.channels, size: 3 })
}

const NEAREST = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
