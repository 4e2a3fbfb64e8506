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
 * The matrix [9, 4] that turns the taps of a kernel of 3 × 3, row by row, into those of the kernel of 2 × 2 which, on a
 * picture, gives one phase of what the first gives on the same picture enlarged to twice its size by nearest neighbour:
 * sums of the taps that see the same sample.
 */
export function phaseMatrix(row: Parity, column: Parity): Float32Array {
  const matrix = new Float32Array(9 * 4)
  for (const [i, rows] of TAPS[row].entries())
    for (const [j, columns] of TAPS[column].entries())
      for (const y of rows) for (const x of columns) matrix[(3 * y + x) * 4 + 2 * i + j] = 1
  return matrix
}
