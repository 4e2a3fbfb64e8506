import type { Constant, Feature } from './graph-builder.ts'
import type { Network } from './network.ts'
import { quantised, scalesOf } from './quantise.ts'
import type { ConvolutionRanges, Range } from './ranges.ts'
import { type StoredTensor, valuesOf } from './stored-tensor.ts'

/*
 * Convolutions in eight bits, their sums in int32 (Jacob et al. 2018, arXiv 1712.05877, section 2.2). Processors multiply four bytes in
 * the time of one float32; norms, activations and sums around them stay in float32. Each channel of the result has a range of its own, since
 * a few have values many times as large as the others.
 */

export interface Kernel {
  readonly weight: StoredTensor
  readonly bias: StoredTensor
  readonly attributes: Readonly<Record<string, readonly number[]>>
}

/**
 * Conv2d of a float32 map, computed in eight bits. ONNX Runtime puts channels last around the convolution. Its optimiser would put them first
 * again only behind DequantizeLinear, which takes fifteen times as long with a range for each of the last axis; it does not move past a Reshape.
 * @param between may change what is quantised but not its values, such as enlarge it
 */
export function convolutionInEightBits(
  network: Network,
  path: string,
  x: Feature,
  ranges: ConvolutionRanges,
  { weight, bias, attributes }: Kernel,
  between: (x: Feature) => Feature,
): string {
  const { graph } = network
  const constant = (name: string, constant: Omit<Constant, 'name'>): string =>
    graph.constant({ name: `${path}.${name}`, ...constant })
  const floats = (name: string, values: Float32Array, shape: readonly number[]): string =>
    graph.floats(`${path}.${name}`, values, shape)
  const points = (name: string, values: readonly number[], shape: readonly number[]): string =>
    constant(name, { type: 'uint8', shape, chunks: () => [Uint8Array.from(values)] })

  const given = gridOf(ranges.input)
  const results = ranges.output.map(([low, high]) => gridOf([ROOM * low, ROOM * high]))
  const channels = [results.length]
  const from = [floats('input.scale', Float32Array.of(given.scale), []), points('input.zero', [given.zero], [])]
  // Steps of the result are 1 for the operator, which has one size for all channels: the kernel's are in units of the channel's own.
  const units = [
    graph.floats('unit', Float32Array.of(1), []),
    graph.constant({ name: 'unit.zero', type: 'uint8', shape: [], chunks: () => [Uint8Array.of(0)] }),
  ]
  const scales = Float32Array.from(results, ({ scale }) => scale)
  const zeros = results.map(({ zero }) => zero)
  const to = [floats('output.scale', scales, channels), points('output.zero', zeros, channels)]
  const steps = lazily(() => Float32Array.from([...scalesOf(weight, STEPS)].flatMap((chunk) => [...chunk])))
  const kernel = [
    constant('weight.bytes', { type: 'int8', shape: weight.shape, chunks: () => quantised(weight, STEPS) }),
    constant('weight.scale', {
      type: 'float32',
      shape: channels,
      chunks: () => [bytesOf(steps().map((step, channel) => step / results[channel]!.scale))],
    }),
    constant('weight.zero', { type: 'int8', shape: channels, chunks: () => [new Uint8Array(results.length)] }),
  ]
  const sum = constant('bias.sums', {
    type: 'int32',
    shape: channels,
    chunks: () => [
      bytesOf(
        Int32Array.from(valuesOf(bias), (value, channel) => {
          const { scale, zero } = results[channel]!
          return Math.round((value + zero * scale) / (given.scale * steps()[channel]!))
        }),
      ),
    ],
  })

  const bytes = between({ ...x, name: graph.node('QuantizeLinear', path, [x.name, ...from]) })
  const sums = graph.node('QLinearConv', path, [bytes.name, ...from, ...kernel, ...units, sum], attributes)
  const rows = graph.node('Reshape', path, [sums, graph.integers([0, results.length, -1])])
  const values = graph.node('DequantizeLinear', path, [rows, ...to], { axis: 1 })
  return graph.node('Reshape', path, [values, graph.node('Shape', path, [sums])])
}

/** 256 steps from low to high, one of them exactly 0, since that is what a picture is padded with. */
export function gridOf([low, high]: Range): { readonly scale: number; readonly zero: number } {
  const least = Math.min(low, 0)
  const scale = Math.fround((Math.max(high, 0) - least) / 255) || 1
  return { scale, zero: Math.round(Math.abs(least) / scale) }
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Letters and checkers give single channels more than photographs do, and steps half as large again cost nothing that can be measured. */
const ROOM = 1.5

/** 63 and not 127: processors without VNNI add two products in sixteen bits, and 2 · 255 · 63 is what these hold. */
const STEPS = 63
