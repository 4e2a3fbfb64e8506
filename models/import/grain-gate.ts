import { openGates, seeCells } from './gates.ts'
import type { Feature } from './graph-builder.ts'
import { add, convolution, relu } from './layers.ts'
import type { Network } from './network.ts'
import type { Weights } from './weights.ts'

const PATH = 'grain_gate'

/** How many cells away the wider convolutions look. */
const WIDER = [2, 4]

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
  return openGates(network, PATH, x, 1)
}

function widthOf(weights: Weights): number | undefined {
  return weights.shapeOf(`${PATH}.conv_in.bias`)?.[0]
}
