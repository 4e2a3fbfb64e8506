import type { Constant, Feature } from './graph-builder.ts'
import type { Network } from './network.ts'
import { quantised, scalesOf } from './quantise.ts'
import type { ConvolutionRanges, Range } from './ranges.ts'
import { type StoredTensor, valuesOf } from './stored-tensor.ts'

/*
 * Convolutions in eight bits, their sums in int32 (Jacob et al. 2018, arXiv 1712.05877, section 2.2). Processors multiply four bytes in
 * the time of one float32; norms, activations and sums around them stay in float32. Where a few channels of the result have values many
 * times as large as the others, each has a range of its own.
 */

export interface Kernel {
  readonly weight: StoredTensor
  readonly bias: StoredTensor
  readonly attributes: Readonly<Record<string, readonly number[]>>
}

/**
 * Conv2d of a float32 map, computed in eight bits.
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
  const isUneven = wide(hull(ranges.output)) > UNEVEN * median(ranges.output.map(wide))
  const common = gridOf(hull(ranges.output))
  const results = ranges.output.map((range) => (isUneven ? gridOf(range) : common))
  const channels = [results.length]
  const from = [floats('input.scale', Float32Array.of(given.scale), []), points('input.zero', [given.zero], [])]
  // Steps of the result are 1 for the operator, which has one size for all channels: the kernel's are in units of the channel's own.
  const units = [
    graph.floats('unit', Float32Array.of(1), []),
    graph.constant({ name: 'unit.zero', type: 'uint8', shape: [], chunks: () => [Uint8Array.of(0)] }),
  ]
  const [told, shape] = isUneven ? [results, channels] : [[common], []]
  const to = [
    floats(
      'output.scale',
      Float32Array.from(told, ({ scale }) => scale),
      shape,
    ),
    points(
      'output.zero',
      told.map(({ zero }) => zero),
      shape,
    ),
  ]
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
  return graph.node('DequantizeLinear', path, [sums, ...to], isUneven ? { axis: 1 } : {})
}

/** 256 steps from low to high, one of them exactly 0, since that is what a picture is padded with. */
export function gridOf([low, high]: Range): { readonly scale: number; readonly zero: number } {
  const least = Math.min(low, 0)
  const scale = Math.fround((Math.max(high, 0) - least) / 255) || 1
  return { scale, zero: Math.round(Math.abs(least) / scale) }
}

/** The range of all. */
function hull(ranges: readonly Range[]): Range {
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
}

function wide([low, high]: Range): number {
  return Math.max(high, 0) - Math.min(low, 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
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

/** How much wider the range of all channels may be than that of most: with ranges of their own, DequantizeLinear takes three times as long. */
const UNEVEN = 5

/** 63 and not 127: processors without VNNI add two products in sixteen bits, and 2 · 255 · 63 is what these hold. */
const STEPS = 63
