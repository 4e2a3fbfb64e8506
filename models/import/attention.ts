import type { Conditioning } from './conditioning.ts'
import { linear, type Tokens } from './layers.ts'
import { cast, type Network, PORTABLE_FORMS, scalar } from './network.ts'

/** Names of the four projections inside an attention module. */
export interface ProjectionNames {
  readonly query: string
  readonly key: string
  readonly value: string
  readonly out: string
}

export const PROJECTIONS: ProjectionNames = { query: 'to_q', key: 'to_k', value: 'to_v', out: 'to_out.0' }

/** softmax(q·kᵀ / √width)·v over all positions of x. `bias`: of query, key, value. */
export function selfAttention(
  network: Network,
  path: string,
  x: Tokens,
  heads: number,
  { bias, names = PROJECTIONS }: { readonly bias: boolean; readonly names?: ProjectionNames },
): Tokens {
  const { forms = PORTABLE_FORMS } = network
  network.graph.costs({
    pairs: 2 * x.channels,
    scores: forms.attention === 'matmul' ? heads : 0,
    reduction: x.reduction,
  })
  const project = (name: string): Tokens => linear(network, `${path}.${name}`, x, x.channels, bias)
  const [query, key, value] = [project(names.query), project(names.key), project(names.value)]
  const mixed =
    forms.attention === 'multihead'
      ? attendFused(network, path, [query, key, value], heads)
      : attend(
          network,
          path,
          query,
          heads,
          network.graph.node('Transpose', path, [splitHeads(network, path, key, heads)], { perm: [0, 1, 3, 2] }),
          splitHeads(network, path, value, heads),
        )
  return linear(network, `${path}.${names.out}`, mixed, x.channels)
}

/** Attention of x to the prompt, whose keys and values are constants. */
export function crossAttention(
  network: Network,
  path: string,
  x: Tokens,
  heads: number,
  conditioning: Conditioning,
): Tokens {
  const { graph } = network
  const width = x.channels / heads
  const query = linear(network, `${path}.to_q`, x, x.channels, false)
  // Reshaped in the graph, which folds it when it is loaded, so that the constants do not depend on the heads.
  const prompt = conditioning.prompt(network, path, x.channels)
  graph.costs({ macs: (2 * x.channels * conditioning.promptLength) / x.reduction ** 2, values: 0 })
  const keys = graph.node('Reshape', path, [prompt.keys, graph.integers([1, heads, width, -1])])
  const values = graph.node('Reshape', path, [prompt.values, graph.integers([1, -1, heads, width])])
  const split = graph.node('Transpose', path, [values], { perm: [0, 2, 1, 3] })
  return linear(network, `${path}.to_out.0`, attend(network, path, query, heads, keys, split), x.channels)
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) of queries as tokens to keys [B or 1, heads, width,
 * others] and values [B or 1, heads, others, width]. The softmax is in float32.
 */
function attend(network: Network, path: string, query: Tokens, heads: number, keys: string, values: string): Tokens {
  const { graph, compute = 'fp32' } = network
  const scale = scalar(network, 1 / Math.sqrt(query.channels / heads))
  const scaled = graph.node('Mul', path, [splitHeads(network, path, query, heads), scale])
  const scores = cast(network, path, graph.node('MatMul', path, [scaled, keys]), compute, 'fp32')
  const shares = cast(network, path, graph.node('Softmax', path, [scores], { axis: -1 }), 'fp32', compute)
  const mixed = graph.node('MatMul', path, [shares, values])
  const joined = graph.node('Transpose', path, [mixed], { perm: [0, 2, 1, 3] })
  return { ...query, name: graph.node('Reshape', path, [joined, graph.integers([-1, query.channels])]) }
}

/** The same of tokens that all come from one picture, without the matrix of scores in memory. */
function attendFused(network: Network, path: string, tokens: readonly Tokens[], heads: number): Tokens {
  const { graph } = network
  const [query] = tokens as [Tokens]
  const inputs = tokens.map(({ name, batch, channels }) => {
    const sizes = graph.node('Concat', path, [batch, graph.integers([-1, channels])], { axis: 0 })
    return graph.node('Reshape', path, [name, sizes])
  })
  const mixed = graph.node('MultiHeadAttention', path, inputs, { num_heads: heads })
  return { ...query, name: graph.node('Reshape', path, [mixed, graph.integers([-1, query.channels])]) }
}

/** Tokens to [B, heads, positions, channels / heads]. */
function splitHeads({ graph }: Network, path: string, { name, channels, batch }: Tokens, heads: number): string {
  const sizes = graph.node('Concat', path, [batch, graph.integers([-1, heads, channels / heads])], { axis: 0 })
  return graph.node('Transpose', path, [graph.node('Reshape', path, [name, sizes])], { perm: [0, 2, 1, 3] })
}
