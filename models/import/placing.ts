import { byteLength, type Constant } from './graph-builder.ts'

/** Gives one constant after the other a place in a file, each at a multiple of 64 bytes: a whole cache line. */
export function placing(): (constant: Pick<Constant, 'type' | 'shape'>) => number {
  let end = 0
  return (constant) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT
    end = offset + byteLength(constant)
    return offset
  }
}

/** Bytes; enough for any vector instruction on a mapped file. */
const ALIGNMENT = 64
