import { matrixProduct } from './dense.ts'
import type { Feature } from './graph-builder.ts'
import { linear } from './layers.ts'
import type { Network } from './network.ts'
import { valuesOf } from './stored-tensor.ts'

/** Names of the four projections inside an attention module. */
export interface ProjectionNames {
  readonly query: string
  readonly key: string
  readonly value: string
  readonly out: string
}

export const PROJECTIONS: ProjectionNames = { query: 'to_q', key: 'to_k', value: 'to_v', out: 'to_out.0' }

/** The prompt embedding, fixed at import: `values` is [length, width]. */
export interface Prompt {
  readonly values: Float32Array
  readonly length: number
  readonly width: number
}

/** softmax(q·kᵀ / √width)·v over all positions of x, [B, positions, channels] in and out. `bias`: of query, key, value. */
export function selfAttention(
  network: Network,
  path: string,
  x: Feature,
  heads: number,
  { bias, names = PROJECTIONS }: { readonly bias: boolean; readonly names?: ProjectionNames },
): Feature {
  const inputs = [names.query, names.key, names.value].map((name) =>
    linear(network, `${path}.${name}`, x, x.channels, bias),
  )
  return linear(network, `${path}.${names.out}`, multiHead(network, path, inputs, heads), x.channels)
}

/** Attention of x to the prompt, whose keys and values become constants. */
export function crossAttention(network: Network, path: string, x: Feature, heads: number, prompt: Prompt): Feature {
  const query = linear(network, `${path}.to_q`, x, x.channels, false)
  const [key, value] = (['to_k', 'to_v'] as const).map((name) =>
    promptProjection(network, `${path}.${name}`, x, prompt),
  )
  return linear(network, `${path}.to_out.0`, multiHead(network, path, [query, key!, value!], heads), x.channels)
}

function multiHead({ graph }: Network, path: string, inputs: readonly Feature[], heads: number): Feature {
  const names = inputs.map(({ name }) => name)
  return { name: graph.node('MultiHeadAttention', path, names, { num_heads: heads }), channels: inputs[0]!.channels }
}

/** The constant prompt·Wᵀ, repeated for every element of the batch of x: [B, length, channels]. */
function promptProjection(network: Network, path: string, x: Feature, prompt: Prompt): Feature {
  const { graph, weights } = network
  const weight = valuesOf(weights.take(`${path}.weight`, [x.channels, prompt.width]))
  const values = matrixProduct(prompt.values, weight, prompt.width)
  const constant = graph.floats(`${path}.prompt`, values, [1, prompt.length, x.channels])
  const batch = graph.node('Shape', path, [x.name], { end: 1 })
  const shape = graph.node('Concat', path, [batch, graph.integers([prompt.length, x.channels])], { axis: 0 })
  return { name: graph.node('Expand', path, [constant, shape]), channels: x.channels }
}
