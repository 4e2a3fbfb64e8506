import { KINDS } from '../../nodes/sdk/band-measures.ts'
import { CELL } from '../../nodes/sdk/gate-rows.ts'
import { invalidCheckpoint } from './failure.ts'
import type { Feature } from './graph-builder.ts'
import { add, convolution } from './layers.ts'
import type { Part } from './model-draft.ts'
import { kernel, type Network } from './network.ts'
import type { Weights } from './weights.ts'

/**
 * The gates of the transfer (nodes/sdk/gated-transfer.ts): measures [B, 5 · levels, rows, columns] to [B, 2 · levels, rows,
 * columns] in 0..1. A convolution of 3 × 3 cells, to which the mean of the whole picture adds, and two of single cells
 * (models/training/transfer.py: Gates).
 */
export function gatesPart(weights: Weights, levels: number): Part {
  const width = weights.shapeOf('gates.conv_in.bias')?.[0]
  if (width === undefined)
    throw invalidCheckpoint(
      `${weights.place}: expected tensor gates.conv_in.bias, found none.`,
      'Bring the gates that were trained with the model, or name another color_transfer in gendr.json.',
    )
  return {
    weights,
    from: { name: 'measures', channels: KINDS * levels, reduction: CELL },
    to: 'gates',
    body(network, measures) {
      const near = convolution(network, 'gates.conv_in', measures, { out: width, size: 3 })
      const all = add(network, 'gates', near, wholePicture(network, measures, width))
      const mixed = convolution(network, 'gates.conv_mid', relu(network, 'gates.conv_in', all), { out: width, size: 1 })
      const out = { out: 2 * levels, size: 1 } as const
      const open = convolution(network, 'gates.conv_out', relu(network, 'gates.conv_mid', mixed), out)
      return { ...open, name: network.graph.node('Sigmoid', 'gates', [open.name]) }
    },
  }
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
