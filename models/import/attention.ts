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
  const [query, key, value] = [names.query, names.key, names.value].map((name) =>
    splitHeads(network, `${path}.${name}`, linear(network, `${path}.${name}`, x, x.channels, bias), heads),
  )
  const keys = network.graph.node('Transpose', path, [key!], { perm: [0, 1, 3, 2] })
  return linear(
    network,
    `${path}.${names.out}`,
    attend(network, path, x.channels / heads, query!, keys, value!, x),
    x.channels,
  )
}

/** Attention of x to the prompt, whose keys and values become constants. */
export function crossAttention(network: Network, path: string, x: Feature, heads: number, prompt: Prompt): Feature {
  const width = x.channels / heads
  const query = splitHeads(network, `${path}.to_q`, linear(network, `${path}.to_q`, x, x.channels, false), heads)
  const project = (name: string): Float32Array => {
    const weight = network.weights.take(`${path}.${name}.weight`, [x.channels, prompt.width])
    return matrixProduct(prompt.values, valuesOf(weight), prompt.width)
  }
  const constant = (name: string, values: Float32Array, shape: readonly number[]): string =>
    network.graph.floats(`${path}.${name}.prompt`, values, shape)
  const keys = constant('to_k', headsOfKeys(project('to_k'), prompt.length), [1, heads, width, prompt.length])
  const values = constant('to_v', headsOfValues(project('to_v'), heads, prompt.length), [
    1,
    heads,
    prompt.length,
    width,
  ])
  return linear(network, `${path}.to_out.0`, attend(network, path, width, query, keys, values, x), x.channels)
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) of queries [B, heads, positions, width], keys
 * [B or 1, heads, width, others] and values [B or 1, heads, others, width], as [B, positions, channels] like `x`.
 * Not MultiHeadAttention: ONNX Runtime 1.29's WebGPU provider gave errors of 0.1 with it on SwiftShader.
 */
function attend(
  { graph }: Network,
  path: string,
  width: number,
  query: string,
  keys: string,
  values: string,
  x: Feature,
): Feature {
  const scale = graph.floats(`scale[${width}]`, Float32Array.of(1 / Math.sqrt(width)), [])
  const scores = graph.node('MatMul', path, [graph.node('Mul', path, [query, scale]), keys])
  const mixed = graph.node('MatMul', path, [graph.node('Softmax', path, [scores], { axis: -1 }), values])
  const joined = graph.node('Transpose', path, [mixed], { perm: [0, 2, 1, 3] })
  return { name: graph.node('Reshape', path, [joined, graph.integers([0, 0, x.channels])]), channels: x.channels }
}

/** [B, positions, channels] to [B, heads, positions, channels / heads]. */
function splitHeads({ graph }: Network, path: string, x: Feature, heads: number): string {
  const split = graph.node('Reshape', path, [x.name, graph.integers([0, 0, heads, x.channels / heads])])
  return graph.node('Transpose', path, [split], { perm: [0, 2, 1, 3] })
}

/** [length, heads · width] to [heads · width, length]. */
function headsOfKeys(keys: Float32Array, length: number): Float32Array {
  const channels = keys.length / length
  return keys.map((_, index) => keys[(index % length) * channels + Math.floor(index / length)]!)
}

/** [length, heads, width] to [heads, length, width]. */
function headsOfValues(values: Float32Array, heads: number, length: number): Float32Array {
  const channels = values.length / length
  const width = channels / heads
  return values.map((_, index) => {
    const head = Math.floor(index / (length * width))
    const position = Math.floor(index / width) % length
    return values[position * channels + head * width + (index % width)]!
  })
}
