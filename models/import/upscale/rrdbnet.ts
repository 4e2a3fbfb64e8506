import { invalidCheckpoint } from '../failure.ts'
import type { Feature } from '../graph-builder.ts'
import { add, affine, concatenate, convolution, leakyRelu, pixelUnshuffle, upsample } from '../layers.ts'
import type { Network } from '../network.ts'
import type { Weights } from '../weights.ts'
import { countModules, shapeOf } from './names.ts'
import type { Recognised } from './recognised.ts'

/** The names of one generation of the code. */
interface Names {
  readonly first: string
  readonly block: (block: number, dense: number, layer: number) => string
  /** After the last block. */
  readonly trunk: string
  /** After the `level`-th doubling, from 1. */
  readonly up: (level: number) => string
  readonly high: string
  readonly last: string
}

/**
 * RRDBNet: residual in residual dense blocks (ESRGAN, Wang et al. 2018, arXiv 1809.00219, section 3.1; Real-ESRGAN puts a
 * pixel unshuffle before it for scales 2 and 1, arXiv 2107.10833, section 3.4). Names of ESRGAN's first code, of BSRGAN's
 * and of BasicSR's (basicsr/archs/rrdbnet_arch.py).
 */
export function rrdbNet(weights: Weights): Recognised | undefined {
  const generation = GENERATIONS.find(({ mark }) => weights.has(mark))
  if (!generation) return undefined
  const blocks = countModules(weights, generation.blocks)
  const doublings = generation.doublings(weights)
  const names = generation.names(blocks, doublings)
  const [width, inputs] = shapeOf(weights, `${names.first}.weight`, 4) as [number, number]
  const [growth] = shapeOf(weights, `${names.block(0, 1, 1)}.weight`, 4) as [number]
  const [channels] = shapeOf(weights, `${names.last}.weight`, 4) as [number]
  const factor = Math.sqrt(inputs / channels)
  const scale = 2 ** doublings / factor
  if (!Number.isInteger(factor) || !Number.isInteger(scale))
    throw invalidCheckpoint(
      `${weights.place}: expected ${names.first}.weight to take ${channels}·f² channels, got ${inputs} at scale ${2 ** doublings}.`,
    )
  return {
    architecture: 'RRDBNet',
    details: `${blocks} blocks of ${width} + ${growth} channels`,
    scale,
    channels,
    paddingMultiple: factor,
    build(network, pixels) {
      const input = factor === 1 ? pixels : pixelUnshuffle(network, 'unshuffle', pixels, factor)
      const first = convolution(network, names.first, input, { out: width, size: 3 })
      let x = first
      for (let block = 0; block < blocks; block++) x = residualInResidual(network, names, block, x, growth)
      x = add(network, names.trunk, first, convolution(network, names.trunk, x, { out: width, size: 3 }))
      for (let level = 1; level <= doublings; level++)
        x = leakyRelu(network, names.up(level), upsample(network, names.up(level), x), SLOPE)
      x = leakyRelu(network, names.high, convolution(network, names.high, x, { out: width, size: 3 }), SLOPE)
      return convolution(network, names.last, x, { out: channels, size: 3 })
    },
  }
}

const GENERATIONS = [
  {
    mark: 'body.0.rdb1.conv1.weight',
    blocks: /^body\.(\d+)\.rdb1\.conv1\.weight$/,
    doublings: (weights: Weights) => countModules(weights, /^conv_up(\d+)\.weight$/),
    names: (): Names => ({
      first: 'conv_first',
      block: (block, dense, layer) => `body.${block}.rdb${dense}.conv${layer}`,
      trunk: 'conv_body',
      up: (level) => `conv_up${level}`,
      high: 'conv_hr',
      last: 'conv_last',
    }),
  },
  {
    mark: 'RRDB_trunk.0.RDB1.conv1.weight',
    blocks: /^RRDB_trunk\.(\d+)\.RDB1\.conv1\.weight$/,
    doublings: (weights: Weights) => countModules(weights, /^upconv(\d+)\.weight$/),
    names: (): Names => ({
      first: 'conv_first',
      block: (block, dense, layer) => `RRDB_trunk.${block}.RDB${dense}.conv${layer}`,
      trunk: 'trunk_conv',
      up: (level) => `upconv${level}`,
      high: 'HRconv',
      last: 'conv_last',
    }),
  },
  {
    // One Sequential: the first layer 0, the blocks 1, three modules a doubling, then 3n + 2 and 3n + 4.
    mark: 'model.1.sub.0.RDB1.conv1.0.weight',
    blocks: /^model\.1\.sub\.(\d+)\.RDB1\.conv1\.0\.weight$/,
    doublings: (weights: Weights) => countModules(weights, /^model\.(\d+)\.weight$/) - 3,
    names: (blocks: number, doublings: number): Names => ({
      first: 'model.0',
      block: (block, dense, layer) => `model.1.sub.${block}.RDB${dense}.conv${layer}.0`,
      trunk: `model.1.sub.${blocks}`,
      up: (level) => `model.${3 * level}`,
      high: `model.${3 * doublings + 2}`,
      last: `model.${3 * doublings + 4}`,
    }),
  },
]

/** Of every leaky ReLU. */
const SLOPE = 0.2

/** What a block's change is scaled with before it is added. */
const RESIDUAL = 0.2

function residualInResidual(network: Network, names: Names, block: number, x: Feature, growth: number): Feature {
  let y = x
  for (let dense = 1; dense <= 3; dense++)
    y = denseBlock(network, (layer) => names.block(block, dense, layer), y, growth)
  const path = names.block(block, 3, 5)
  return add(network, path, affine(network, path, y, RESIDUAL, 0), x)
}

/** Five convolutions, each of which sees all results before it. */
function denseBlock(network: Network, path: (layer: number) => string, x: Feature, growth: number): Feature {
  let all = x
  for (let layer = 1; layer <= 4; layer++) {
    const fresh = convolution(network, path(layer), all, { out: growth, size: 3 })
    all = concatenate(network, path(layer), all, leakyRelu(network, path(layer), fresh, SLOPE))
  }
  const change = convolution(network, path(5), all, { out: x.channels, size: 3 })
  return add(network, path(5), affine(network, path(5), change, RESIDUAL, 0), x)
}
