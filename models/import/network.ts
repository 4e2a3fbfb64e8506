import { floatsToHalves, LARGEST_HALF } from '../installed/half.ts'
import { invalidCheckpoint } from './failure.ts'
import { type Constant, EXTERNAL_FROM, type GraphBuilder, type Home } from './graph-builder.ts'
import { quantised, scalesOf } from './quantise.ts'
import type { Ranges } from './ranges.ts'
import { BYTES_OF_TYPE, elementCount, rowRanges, type Shape, type StoredTensor, valuesOf } from './stored-tensor.ts'
import type { TensorSource } from './weights.ts'

/** How matrices and kernels are stored. Vectors, such as biases, are never stored as int8. */
export type Precision = 'fp32' | 'fp16' | 'int8'

/** What the graph computes with between its float32 input and its float32 output. */
export type Compute = 'fp32' | 'fp16'

/** Equivalent ways to write an operation, of which one provider is faster with one and another with another. */
export interface Forms {
  /**
   * `matmul`: standard operators. `multihead`: ONNX Runtime's MultiHeadAttention where keys come from the picture, a
   * third faster on the CPU and without the matrix of scores in memory; wrong by 0.1 on WebGPU in version 1.29.
   */
  readonly attention: 'matmul' | 'multihead'
  /** Enlarging convolutions of at least so many channels are computed in phases (phases.ts). */
  readonly phasesFrom: number
  /** `int8`: convolutions whose ranges are known are computed in eight bits (eight-bits.ts). */
  readonly convolutions: 'float' | 'int8'
}

/** Right on every provider. */
export const PORTABLE_FORMS: Forms = {
  attention: 'matmul',
  phasesFrom: Number.POSITIVE_INFINITY,
  convolutions: 'float',
}

/** Fastest on the CPU. With fewer channels, interleaving the phases takes as long as their convolutions save. */
export const CPU_FORMS: Forms = { attention: 'multihead', phasesFrom: 128, convolutions: 'int8' }

/** Fastest on CUDA. */
export const CUDA_FORMS: Forms = { attention: 'multihead', phasesFrom: Number.POSITIVE_INFINITY, convolutions: 'float' }

/** What layers build from: the graph that grows, the checkpoint's tensors, and how to write them. */
export interface Network {
  readonly graph: GraphBuilder
  readonly weights: TensorSource
  /** Absent: half where the checkpoint has halves, else single. */
  readonly precision: Precision | undefined
  /** @default 'fp32' */
  readonly compute?: Compute | undefined
  /** @default PORTABLE_FORMS */
  readonly forms?: Forms | undefined
  readonly ranges?: Ranges | undefined
  /** The name beside the graph of a checkpoint's file; without one its tensors are copied to the weights file. */
  readonly locate?: ((file: string) => string | undefined) | undefined
}

/** The checkpoint's vector of that name, of the type that the graph computes with. */
export function vector(network: Network, name: string, size: number): string {
  return vectorOf(network, network.weights.take(name, [size]))
}

/** A vector such as a bias, of the type that the graph computes with unless another is asked for. */
export function vectorOf(network: Network, tensor: StoredTensor, type: Compute = network.compute ?? 'fp32'): string {
  return network.graph.constant(floating(network, tensor, tensor.shape, type))
}

/** A matrix or kernel, stored at the network's precision and brought to what the graph computes with when loaded. */
export function kernel(network: Network, tensor: StoredTensor): string {
  return place(network, tensor, tensor.shape)
}

/** A linear layer's weight, or the same as a 1×1 convolution: [out, in], as Gemm with transB takes it. */
export function matrix(network: Network, name: string, inputs: number, outputs: number): string {
  return place(network, network.weights.take(name, [outputs, inputs], [outputs, inputs, 1, 1]), [outputs, inputs])
}

/** A number of the type that the graph computes with. */
export function scalar({ graph, compute = 'fp32' }: Network, value: number): string {
  const values = Float32Array.of(value)
  const chunks = () => [compute === 'fp16' ? bytesOf(floatsToHalves(values)) : bytesOf(values)]
  return graph.constant({ name: `${compute}[${value}]`, type: ONNX_TYPE[compute], shape: [], chunks })
}

/** A Cast from one type to another, where they differ. */
export function cast({ graph }: Network, path: string, x: string, from: Compute, to: Compute): string {
  return from === to ? x : graph.node('Cast', path, [x], { to: ONNX_NUMBER[to] })
}

/** The chunks of values as bytes of a type. */
export function* encoded(values: Iterable<Float32Array>, type: Compute): Generator<Uint8Array> {
  for (const chunk of values) yield bytesOf(type === 'fp16' ? floatsToHalves(chunk) : chunk)
}

export const ONNX_TYPE = { fp32: 'float32', fp16: 'float16' } as const

/** TensorProto.DataType */
const ONNX_NUMBER = { fp32: 1, fp16: 10 }

const STORED_AS = { F64: undefined, F32: 'fp32', F16: 'fp16', BF16: undefined } as const

function place(network: Network, tensor: StoredTensor, shape: Shape): string {
  const { graph, compute = 'fp32' } = network
  const precision = network.precision ?? ((tensor.origin ?? tensor.type) === 'F16' ? 'fp16' : 'fp32')
  if (precision === 'int8') return dequantised(network, tensor, shape)
  // A graph that computes with halves has no use for more.
  const type = compute === 'fp16' ? 'fp16' : precision
  if (type === 'fp16') requireHalfRange(tensor)
  return cast(network, tensor.name, graph.constant(floating(network, tensor, shape, type)), type, compute)
}

function floating(network: Network, tensor: StoredTensor, shape: Shape, type: Compute): Constant {
  const inPlace = STORED_AS[tensor.type] === type
  return {
    name: tensor.name,
    type: ONNX_TYPE[type],
    shape,
    home: inPlace ? homeOf(network, tensor) : undefined,
    *chunks() {
      for (const [from, to] of rowRanges(tensor.shape))
        yield* inPlace ? [tensor.bytes(from, to)] : encoded([valuesOf(tensor, from, to)], type)
    },
  }
}

/** The tensor's own place, when it is aligned and worth a reference. */
function homeOf({ locate }: Network, { file, type, shape, offset }: StoredTensor): Home | undefined {
  const width = BYTES_OF_TYPE[type]
  if (offset === undefined || offset % width !== 0 || elementCount(shape) * width < EXTERNAL_FROM) return undefined
  const location = locate?.(file)
  return location === undefined ? undefined : { location, offset }
}

/** Eight bits a value and one scale for each row: an output channel. */
function dequantised({ graph, compute = 'fp32' }: Network, tensor: StoredTensor, shape: Shape): string {
  const { name } = tensor
  const values = graph.constant({ name, type: 'int8', shape, chunks: () => quantised(tensor) })
  const scales = graph.constant({
    name: `${name}.scale`,
    type: ONNX_TYPE[compute],
    shape: shape.slice(0, 1),
    chunks: () => encoded(scalesOf(tensor), compute),
  })
  return graph.node('DequantizeLinear', name, [values, scales], { axis: 0 })
}

function requireHalfRange(tensor: StoredTensor): void {
  if (tensor.type === 'F16') return
  let largest = 0
  for (const [from, to] of rowRanges(tensor.shape))
    for (const value of valuesOf(tensor, from, to)) largest = Math.max(largest, Math.abs(value))
  if (largest > LARGEST_HALF)
    throw invalidCheckpoint(
      `${tensor.file}: expected tensor ${tensor.name} within ±${LARGEST_HALF} for fp16, got ${largest}.`,
      'Import with precision fp32.',
    )
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
