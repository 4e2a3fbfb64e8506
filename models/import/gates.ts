import { invalidCheckpoint } from './failure.ts'
import type { Feature } from './graph-builder.ts'
import { add, convolution } from './layers.ts'
import { kernel, type Network } from './network.ts'
import type { Weights } from './weights.ts'

/** Of each band in a cell: the energies of x, y, x − y and its colours, and the correlation of x and y. */
export const KINDS = 5

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
  const near = convolution(network, 'gates.conv_in', measures, { out: width, size: 3 })
  const all = add(network, 'gates', near, wholePicture(network, measures, width))
  const mixed = convolution(network, 'gates.conv_mid', relu(network, 'gates.conv_in', all), { out: width, size: 1 })
  const out = { out: 2 * levels, size: 1 } as const
  const open = convolution(network, 'gates.conv_out', relu(network, 'gates.conv_mid', mixed), out)
  return { ...open, name: network.graph.node('Sigmoid', 'gates', [open.name]) }
}

/** The mean of all cells through a linear layer: [B, width, 1, 1]. */
function wholePicture(network: Network, measures: Feature, width: number): Feature {
  const { graph, weights } = network
  const mean = graph.node('GlobalAveragePool', 'gates.whole', [measures.name])
  const weight = kernel(network, weights.take('gates.whole.weight', [width, measures.channels, 1, 1]))
  return { ...measures, name: graph.node('Conv', 'gates.whole', [mean, weight]), channels: width }
}

function relu({ graph }: Network, path: string, x: Feature): Feature {
  return { ...x, name: graph.node('Relu', path, [x.name]) }
}
