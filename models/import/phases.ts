import { rowLength, type StoredTensor, valuesOf } from './stored-tensor.ts'

/** Row and column of each phase of a picture that is twice as large, in DepthToSpace's order (DCR). */
export const PHASES = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
] as const

type Parity = 0 | 1

/** Which of a kernel's three taps fall on the first and on the second of the two samples that a phase sees. */
const TAPS = [
  [[0], [1, 2]],
  [[0, 1], [2]],
] as const

/**
 * The kernel [out, in, 2, 2] which, on a picture, gives one phase of what the kernel [out, in, 3, 3] gives on the same
 * picture enlarged to twice its size by nearest neighbour: sums of the taps that see the same sample. float32.
 */
export function phaseOf(kernel: StoredTensor, row: Parity, column: Parity): StoredTensor {
  const { name, file, shape } = kernel
  const [out, inputs] = shape as [number, number]
  return {
    name: `${name}.phase${row}${column}`,
    file,
    type: 'F32',
    shape: [out, inputs, 2, 2],
    bytes(from = 0, to = out) {
      const taps = valuesOf(kernel, from, to)
      const sums = new Float32Array(((to - from) * rowLength(shape) * 4) / 9)
      for (let i = 0; i < sums.length; i++) {
        const start = (i >> 2) * 9
        for (const y of TAPS[row][(i >> 1) & 1]!)
          for (const x of TAPS[column][i & 1]!) sums[i]! += taps[start + 3 * y + x]!
      }
      return new Uint8Array(sums.buffer)
    },
  }
}
