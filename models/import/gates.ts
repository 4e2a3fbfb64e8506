import { invalidCheckpoint } from './failure.ts'
import type { Feature } from './graph-builder.ts'
import { add, convolution, relu } from './layers.ts'
import { kernel, type Network } from './network.ts'
import type { Weights } from './weights.ts'

/** Of each band in a cell: the energies of x, y, x − y and its colours, and the correlation of x and y. */
export const KINDS = 5

/** Energies are told as ln(energy + FLOOR) / SPREAD + MIDDLE. */
export const [FLOOR, SPREAD, MIDDLE] = [1e-6, 4, 2]

/**
 * The gates of a transfer: a convolution of 3 × 3 cells, to which the mean of the whole picture adds, and two of single
 * cells (models/training/transfer.py: Gates).
 * @param measures [B, 5 · levels, rows, columns]; gives [B, 2 · levels, rows, columns] in 0..1
 */
export function gates(network: Network, weights: Weights, measures: Feature, levels: number): Feature {
  const width = weights.shapeOf('gates.conv_in.bias')?.[0]
  if (width === undefined)
    throw invalidCheckpoint(
      `${weights.place}: expected tensor gates.conv_in.bias, found none.`,
      'Bring the gates that were trained with the model, or name another color_transfer in gendr.json.',
    )
  return openGates(network, 'gates', seeCells(network, 'gates', measures, width), 2 * levels)
}

/** What a cell, its neighbours and the mean of the whole picture tell, in `width` channels. */
export function seeCells(network: Network, path: string, measures: Feature, width: number): Feature {
  const near = convolution(network, `${path}.conv_in`, measures, { out: width, size: 3 })
  return relu(network, path, add(network, path, near, wholePicture(network, path, measures, width)))
}

/** Two layers of single cells, to so many gates in 0..1. */
export function openGates(network: Network, path: string, x: Feature, count: number): Feature {
  const mixed = convolution(network, `${path}.conv_mid`, x, { out: x.channels, size: 1 })
  const open = convolution(network, `${path}.conv_out`, relu(network, path, mixed), { out: count, size: 1 })
  return { ...open, name: network.graph.node('Sigmoid', path, [open.name]) }
}

/** The mean of all cells through a linear layer: [B, width, 1, 1]. */
function wholePicture(network: Network, path: string, measures: Feature, width: number): Feature {
  const { graph, weights } = network
  const mean = graph.node('GlobalAveragePool', `${path}.whole`, [measures.name])
  const weight = kernel(network, weights.take(`${path}.whole.weight`, [width, measures.channels, 1, 1]))
  return { ...measures, name: graph.node('Conv', `${path}.whole`, [mean, weight]), channels: width }
}
