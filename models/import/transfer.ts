import { CELL } from '../../nodes/pixels/gated-transfer.ts'
import { LUMA } from '../../nodes/pixels/luma.ts'
import { FLOOR, gates, KINDS, MIDDLE, SPREAD } from './gates.ts'
import { grainGate, hasGrainGate } from './grain-gate.ts'
import type { Feature } from './graph-builder.ts'
import { add, affine, concatenate, multiply, relu } from './layers.ts'
import type { Part } from './model-draft.ts'
import { type Network, scalar } from './network.ts'
import { type Bands, changeOf, channels, mixed, type Planes, planes, planesOf, sizeOf } from './transfer-bands.ts'
import type { Weights } from './weights.ts'

/** The restored picture y, then the one that it was made from, x, both RGB in 0..1. */
const PICTURES = { name: 'pictures', channels: 6, reduction: 1 }

/**
 * The transfer after the model (models/training/transfer.py) as three graphs, of which the middle one sees the whole
 * picture while the others can go strip by strip, and as one for pictures that need no strips:
 *
 *     measures       pictures [B, 6, H, W] to [B, 5 · levels, ⌈H/8⌉, ⌈W/8⌉], about −1.5..1.5
 *     gates          those to [B, 2 · levels, ⌈H/8⌉, ⌈W/8⌉] in 0..1: of luma, then of colour, then where grain goes, if the model was taught it
 *     transfer       pictures and gates to y + low(x − y) + Σ g_l · d_l(x − y), [B, 3, H, W], not clamped, then where grain goes, likewise
 *     transferAll    pictures to the same
 *
 * They compute in float32 everywhere: the squares of fine detail vanish in halves.
 */
export function transferParts(weights: Weights, levels: number): Readonly<Record<string, Part>> {
  const cells = (name: string, channels: number): Feature => ({ name, channels, reduction: CELL })
  const measured = cells('measures', KINDS * levels)
  return {
    measures: {
      weights,
      from: [PICTURES],
      to: 'measures',
      compute: 'fp32',
      body: (network, pictures) => measures(network, pictures!, planesOf(network, pictures!, levels)),
    },
    gates: {
      weights,
      from: [measured],
      to: 'gates',
      compute: 'fp32',
      body: (network, x) => allGates(network, weights, x!, levels),
    },
    transfer: {
      weights,
      from: [PICTURES, cells('gates', 2 * levels + (hasGrainGate(weights) ? 1 : 0))],
      to: 'restored',
      compute: 'fp32',
      body: (network, pictures, open) => transfer(network, pictures!, changeOf(network, pictures!, levels), open!),
    },
    transferAll: {
      weights,
      from: [PICTURES],
      to: 'restored',
      compute: 'fp32',
      body(network, pictures) {
        const all = planesOf(network, pictures!, levels)
        const open = allGates(network, weights, measures(network, pictures!, all), levels)
        return transfer(network, pictures!, all.change, open)
      },
    },
  }
}

function allGates(network: Network, weights: Weights, measures: Feature, levels: number): Feature {
  const bands = gates(network, weights, measures, levels)
  return hasGrainGate(weights) ? concatenate(network, 'gates', bands, grainGate(network, weights, measures)) : bands
}

/**
 * Of each band in a cell the energies of x, y, x − y and its colours as ln(energy + 1e-6) / 4 + 2, and Σxy / √(Σx² Σy²);
 * kinds outermost.
 */
function measures(network: Network, pictures: Feature, { change, luma }: Planes): Feature {
  const levels = luma.details.length
  const own = luma.details.flatMap((_, level) =>
    [...change, luma].map(({ details }) => multiply(network, 'product', details[level]!, details[level]!)),
  )
  const shared = luma.details.map((detail, level) => multiply(network, 'product', detail, change[0]!.details[level]!))
  const sums = concatenate(network, 'energies', ...[...own, ...shared].map((x) => pooled(network, x, pictures)))
  const means = { ...sums, name: network.graph.node('Div', 'means', [sums.name, coverage(network, pictures)]) }
  const kinds = mixed(network, 'kinds', means, kindsOf(levels))
  // Rounding must not make an energy negative.
  const energies = relu(network, 'energies', channels(network, kinds, 0, 4 * levels))
  const logarithms = {
    ...energies,
    name: network.graph.node('Log', 'logarithms', [affine(network, 'floor', energies, 1, FLOOR).name]),
  }
  const [xx, yy] = [channels(network, energies, 0, levels), channels(network, energies, levels, 2 * levels)]
  const spread = affine(network, 'spread', multiply(network, 'product', xx, yy), 1, FLOOR ** 2)
  const root = network.graph.node('Sqrt', 'spread', [spread.name])
  const xy = channels(network, kinds, 4 * levels, 5 * levels)
  const correlation = { ...xy, name: network.graph.node('Div', 'correlation', [xy.name, root]) }
  return concatenate(network, 'measures', affine(network, 'logarithms', logarithms, 1 / SPREAD, MIDDLE), correlation)
}

/** From Σr², Σu², Σv², Σx² of each level and then Σxr, with r, u, v of x − y: Σx², Σy², Σr², (Σu² + Σv²) / 2 and Σxy, y = x − r. */
function kindsOf(levels: number): readonly (readonly number[])[] {
  const row = (level: number, [rr, uu, vv, xx, xr]: readonly number[]): number[] => {
    const weights = new Array<number>(KINDS * levels).fill(0)
    weights.splice(4 * level, 4, rr!, uu!, vv!, xx!)
    weights[4 * levels + level] = xr!
    return weights
  }
  const of = (weights: readonly number[]) => Array.from({ length: levels }, (_, level) => row(level, weights))
  return [
    ...of([0, 0, 0, 1, 0]),
    ...of([1, 0, 0, 1, -2]),
    ...of([1, 0, 0, 0, 0]),
    ...of([0, 0.5, 0.5, 0, 0]),
    ...of([0, 0, 0, 1, -1]),
  ]
}

/** Rows of luma, R − luma and B − luma to RGB. */
const FROM_OPPONENT = [
  [1, 1, 0],
  [1, -LUMA[0] / LUMA[1], -LUMA[2] / LUMA[1]],
  [1, 0, 1],
]

function transfer(network: Network, pictures: Feature, change: readonly Bands[], open: Feature): Feature {
  const gates = planes(network, open).map((gate) => enlarged(network, gate, pictures))
  const levels = change[0]!.details.length
  const returned = change.map(({ details, wide }, plane) =>
    details.reduce((sum, detail, level) => {
      const gate = gates[plane === 0 ? level : levels + level]!
      return add(network, 'returned', sum, multiply(network, 'product', detail, gate))
    }, wide),
  )
  const colours = mixed(network, 'colours', concatenate(network, 'returned', ...returned), FROM_OPPONENT)
  const restored = add(network, 'restored', channels(network, pictures, 0, 3), colours)
  const where = gates.slice(2 * levels)
  return where.length > 0 ? concatenate(network, 'restored', restored, ...where) : restored
}

/** A gate for each pixel, bilinear between the centres of cells. */
function enlarged({ graph }: Network, gate: Feature, pictures: Feature): Feature {
  const scales = graph.floats('cell.scales', Float32Array.of(1, 1, CELL, CELL), [4])
  const all = graph.node('Resize', 'gates', [gate.name, '', scales], { mode: 'linear' })
  const ends = sizeOf(graph, pictures)
  const name = graph.node('Slice', 'gates', [all, graph.integers([0, 0]), ends, graph.integers([2, 3])])
  return { ...gate, name, reduction: 1 }
}

/** Means over whole cells, with nothing beyond the picture's right and lower border. */
function pooled({ graph }: Network, x: Feature, pictures: Feature): Feature {
  const rest = graph.node('Mod', 'rest', [graph.node('Neg', 'rest', [sizeOf(graph, pictures)]), graph.integers([CELL])])
  const pads = graph.node('Concat', 'rest', [graph.integers([0, 0, 0, 0, 0, 0]), rest], { axis: 0 })
  const whole = graph.node('Pad', 'cells', [x.name, pads])
  const name = graph.node('AveragePool', 'cells', [whole], { kernel_shape: [CELL, CELL], strides: [CELL, CELL] })
  return { ...x, name, reduction: CELL }
}

/** The share of each cell that lies in the picture. */
function coverage(network: Network, pictures: Feature): string {
  const { graph } = network
  const shape = graph.node('Concat', 'coverage', [graph.integers([1, 1]), sizeOf(graph, pictures)], { axis: 0 })
  const name = graph.node('Expand', 'coverage', [scalar(network, 1), shape])
  return pooled(network, { name, channels: 1, reduction: 1 }, pictures).name
}
