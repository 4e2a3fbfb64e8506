import { halvesToFloats } from './half.ts'

export type Shape = readonly number[]

/** The floating types whose values the importer understands. */
export type FloatType = 'F32' | 'F16' | 'BF16'

/** One tensor of a checkpoint, read when asked for. Row-major, little-endian. */
export interface StoredTensor {
  readonly name: string
  /** Where it lies, for messages. */
  readonly file: string
  readonly type: FloatType
  readonly shape: Shape
  /** A fresh copy, aligned for any view. */
  bytes(): Uint8Array
}

export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** All values as float32, exact for all three types. */
export function valuesOf(tensor: StoredTensor): Float32Array {
  const { buffer } = tensor.bytes()
  switch (tensor.type) {
    case 'F32':
      return new Float32Array(buffer)
    case 'F16':
      return halvesToFloats(new Uint16Array(buffer))
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer)
  }
}

/** The index of the first NaN or infinity, or -1. */
export function firstNotFinite(tensor: StoredTensor): number {
  const { buffer } = tensor.bytes()
  const words = tensor.type === 'F32' ? new Uint32Array(buffer) : new Uint16Array(buffer)
  const exponent = EXPONENT_BITS[tensor.type]
  for (let index = 0; index < words.length; index++) if ((words[index]! & exponent) === exponent) return index
  return -1
}

/** The first `count` rows of a tensor's leading axis. */
export function firstRows(tensor: StoredTensor, count: number): StoredTensor {
  const [rows, ...rest] = tensor.shape
  return {
    ...tensor,
    shape: [count, ...rest],
    bytes: () => {
      const bytes = tensor.bytes()
      return bytes.slice(0, (bytes.length / rows!) * count)
    },
  }
}

/** All exponent bits set means NaN or infinity. */
const EXPONENT_BITS: Record<FloatType, number> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 }
