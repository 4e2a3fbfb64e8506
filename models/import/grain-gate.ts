import { MOST } from '../../nodes/pixels/grain.ts'
import { KINDS, MIDDLE, openGates, SPREAD, seeCells } from './gates.ts'
import type { Feature } from './graph-builder.ts'
import { add, affine, convolution, multiply, relu } from './layers.ts'
import { type Network, scalar } from './network.ts'
import { channels, mixed } from './transfer-bands.ts'
import type { Weights } from './weights.ts'

const PATH = 'grain_gate'

/** How many cells away the wider convolutions look. */
const WIDER = [2, 4]

/** Of the restored picture's detail: how many of its bands mask grain, finest first, and the share of it that grain may reach. */
const FINE = 2
const MASKED = 0.42

/** Grain that is hardly seen on smooth ground, in units of white. */
const UNSEEN = 2.4 / 255

/** Whether a model was taught where its grain goes. */
export function hasGrainGate(weights: Weights): boolean {
  return widthOf(weights) !== undefined
}

/**
 * Where grain goes (models/training/grain.py: GrainGate): a convolution of 3 × 3 cells, to which the mean of the whole
 * picture adds, others of cells two and four apart, each added to what it sees, and two of single cells.
 * @param measures [B, 5 · levels, rows, columns], as the gates of the transfer see them; gives [B, 1, rows, columns] in 0..1
 */
export function grainGate(network: Network, weights: Weights, measures: Feature): Feature {
  const out = widthOf(weights)!
  let x = seeCells(network, PATH, measures, out)
  for (const [i, dilation] of WIDER.entries()) {
    const path = `${PATH}.wider.${i}`
    x = add(network, path, x, relu(network, path, convolution(network, path, x, { out, size: 3, dilation })))
  }
  return multiply(network, 'product', masked(network, measures), openGates(network, PATH, x, 1))
}

/**
 * How strong grain may be in each cell before it is seen, as a share of the strongest: by what the restored picture has in it
 * and around. The mean of logarithms is low where an edge crosses smooth ground.
 */
function masked(network: Network, measures: Feature): Feature {
  const { graph } = network
  const levels = measures.channels / KINDS
  const told = channels(network, measures, levels, levels + Math.min(FINE, levels))
  const around = graph.node('AveragePool', 'masked', [told.name], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
  const logarithms = affine(network, 'masked', { ...told, name: around }, SPREAD, -SPREAD * MIDDLE)
  const energies = { ...told, name: graph.node('Exp', 'masked', [logarithms.name]) }
  const energy = mixed(network, 'masked', energies, [Array.from({ length: energies.channels }, () => MASKED ** 2)])
  const root = graph.node('Sqrt', 'masked', [affine(network, 'masked', energy, 1, UNSEEN ** 2).name])
  const share = affine(network, 'masked', { ...energy, name: root }, 1 / MOST, 0)
  return { ...share, name: graph.node('Min', 'masked', [share.name, scalar(network, 1)]) }
}

function widthOf(weights: Weights): number | undefined {
  return weights.shapeOf(`${PATH}.conv_in.bias`)?.[0]
}
