import { invalidCheckpoint } from './failure.ts'
import type { GraphBuilder } from './graph-builder.ts'
import { floatsToHalves, LARGEST_HALF } from './half.ts'
import { type Shape, type StoredTensor, valuesOf } from './stored-tensor.ts'
import type { TensorSource } from './weights.ts'

/** How matrices and kernels are stored; they are computed with in float32 either way. */
export type Precision = 'fp32' | 'fp16'

/** What layers build from: the graph that grows and the checkpoint's tensors. */
export interface Network {
  readonly graph: GraphBuilder
  readonly weights: TensorSource
  /** Absent: half where the checkpoint has halves, else single. */
  readonly precision: Precision | undefined
}

/** The checkpoint's vector of that name. */
export function vector(network: Network, name: string, size: number): string {
  return vectorOf(network, network.weights.take(name, [size]))
}

/** A vector such as a bias, always stored as float32. */
export function vectorOf({ graph }: Network, tensor: StoredTensor): string {
  const { name, shape } = tensor
  return graph.constant({ name, type: 'float32', shape, bytes: () => bytesOf(valuesOf(tensor)) })
}

/** A matrix or kernel, stored at the network's precision and brought to float32 by a Cast that folds when loaded. */
export function kernel(network: Network, tensor: StoredTensor): string {
  return place(network, tensor, tensor.shape, (values) => values)
}

/** A linear layer's weight [out, in], or the same as a 1×1 convolution, as MatMul takes it: [in, out]. */
export function matrix(network: Network, name: string, inputs: number, outputs: number): string {
  const tensor = network.weights.take(name, [outputs, inputs], [outputs, inputs, 1, 1])
  return place(network, tensor, [inputs, outputs], (values) => transposed(values, outputs, inputs))
}

function place(
  { graph, precision }: Network,
  tensor: StoredTensor,
  shape: Shape,
  arrange: (values: Float32Array) => Float32Array,
): string {
  const { name, type } = tensor
  const values = () => arrange(valuesOf(tensor))
  if ((precision ?? (type === 'F16' ? 'fp16' : 'fp32')) === 'fp32')
    return graph.constant({ name, type: 'float32', shape, bytes: () => bytesOf(values()) })
  requireHalfRange(tensor)
  const half = graph.constant({ name, type: 'float16', shape, bytes: () => bytesOf(floatsToHalves(values())) })
  return graph.node('Cast', name, [half], { to: ONNX_FLOAT })
}

const ONNX_FLOAT = 1

function requireHalfRange(tensor: StoredTensor): void {
  const largest =
    tensor.type === 'F16' ? 0 : valuesOf(tensor).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (largest > LARGEST_HALF)
    throw invalidCheckpoint(
      `${tensor.file}: expected tensor ${tensor.name} within ±${LARGEST_HALF} for fp16, got ${largest}.`,
      'Import with precision fp32.',
    )
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!
  return result
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
