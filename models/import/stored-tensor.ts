import { bfloatsToFloats, halvesToFloats } from '../installed/half.ts'

export type Shape = readonly number[]

/** The floating types whose values the importer understands. */
export type FloatType = 'F64' | 'F32' | 'F16' | 'BF16'

/** One tensor of a checkpoint, read when asked for, in rows of its leading axis. Row-major, little-endian. */
export interface StoredTensor {
  readonly name: string
  /** Where it lies, for messages. */
  readonly file: string
  readonly type: FloatType
  readonly shape: Shape
  /** The checkpoint's own type, where `bytes` gives another. @default type */
  readonly origin?: FloatType
  /** Where it begins in `file`, when `bytes` gives what lies there. */
  readonly offset?: number
  /** Rows from `from` up to `to`, all by default. A fresh copy, aligned for any view. */
  bytes(from?: number, to?: number): Uint8Array<ArrayBuffer>
}

export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** How many values one row of the leading axis has; a scalar is one row. */
export function rowLength(shape: Shape): number {
  return elementCount(shape.slice(1))
}

/** Consecutive ranges of rows that cover a tensor, each small enough to hold in memory several times over. */
export function* rowRanges(shape: Shape): Generator<readonly [from: number, to: number]> {
  const rows = shape[0] ?? 1
  const step = Math.max(1, Math.floor(VALUES_AT_ONCE / rowLength(shape)))
  for (let from = 0; from < rows; from += step) yield [from, Math.min(rows, from + step)]
}

/** Values of the rows from `from` up to `to`, all by default, as float32; exact for all types but F64. */
export function valuesOf(tensor: StoredTensor, from?: number, to?: number): Float32Array {
  const { buffer } = tensor.bytes(from, to)
  switch (tensor.type) {
    case 'F64':
      return Float32Array.from(new Float64Array(buffer))
    case 'F32':
      return new Float32Array(buffer)
    case 'F16':
      return halvesToFloats(new Uint16Array(buffer))
    case 'BF16':
      return bfloatsToFloats(new Uint16Array(buffer))
  }
}

/** The index of the first NaN or infinity in the values of `type` that `bytes` holds, as float32, or -1. */
export function firstNotFinite(type: FloatType, { buffer }: Uint8Array<ArrayBuffer>): number {
  if (type === 'F64') return new Float64Array(buffer).findIndex((value) => !Number.isFinite(Math.fround(value)))
  const words = type === 'F32' ? new Uint32Array(buffer) : new Uint16Array(buffer)
  const exponent = EXPONENT_BITS[type]
  for (let index = 0; index < words.length; index++) if ((words[index]! & exponent) === exponent) return index
  return -1
}

/** The first `count` rows of a tensor. */
export function firstRows(tensor: StoredTensor, count: number): StoredTensor {
  const [, ...rest] = tensor.shape
  return { ...tensor, shape: [count, ...rest], bytes: (from = 0, to = count) => tensor.bytes(from, to) }
}

/** A tensor whose axes lie in another order in its file (channels last, for example), with its values in its own. */
export function inRowMajor(tensor: StoredTensor, order: readonly number[]): StoredTensor {
  const { offset: _, ...own } = tensor
  const { shape } = tensor
  const width = BYTES_OF_TYPE[tensor.type]
  const row = rowLength(shape) * width
  const strides = new Array<number>(shape.length).fill(1)
  let stride = 1
  for (const axis of order.toReversed()) {
    strides[axis] = stride
    stride *= shape[axis]!
  }
  return {
    ...own,
    bytes(from = 0, to = shape[0] ?? 1) {
      const all = tensor.bytes()
      const values = new Uint8Array((to - from) * row)
      const place = shape.map((_, axis) => (axis === 0 ? from : 0))
      for (let at = 0; at < values.length; at += width) {
        const source = place.reduce((sum, index, axis) => sum + index * strides[axis]!, 0) * width
        for (let i = 0; i < width; i++) values[at + i] = all[source + i]!
        for (let axis = shape.length - 1; axis >= 0 && ++place[axis]! === shape[axis]; axis--)
          if (axis > 0) place[axis] = 0
      }
      return values
    },
  }
}

/** All exponent bits set means NaN or infinity. */
const EXPONENT_BITS: Record<Exclude<FloatType, 'F64'>, number> = { F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 }

export const BYTES_OF_TYPE: Record<FloatType, number> = { F64: 8, F32: 4, F16: 2, BF16: 2 }

const VALUES_AT_ONCE = 2 ** 20
