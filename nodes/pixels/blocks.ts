/** A number for each block of a plane, row by row. */
export interface Blocks {
  readonly columns: number
  readonly rows: number
  readonly data: Float32Array
}

/** Of each block and its neighbours the least. */
export function leastAround(blocks: Blocks): Blocks {
  return alongBoth(blocks, 1, (values, from, to, stride) => {
    let least = values[from]!
    for (let i = from + stride; i <= to; i += stride) if (values[i]! < least) least = values[i]!
    return least
  })
}

/** Of each block and those around it, `field` on each axis, the mean. */
export function meanAround(blocks: Blocks, field: number): Blocks {
  return alongBoth(blocks, (field - 1) / 2, (values, from, to, stride) => {
    let sum = 0
    for (let i = from; i <= to; i += stride) sum += values[i]!
    return (sum * stride) / (to - from + stride)
  })
}

type Summary = (values: Float32Array, from: number, to: number, stride: number) => number

/** What a summary makes of the blocks no more than `reach` away, along rows and then along columns. */
function alongBoth(blocks: Blocks, reach: number, of: Summary): Blocks {
  const { columns, rows, data } = blocks
  const along = new Float32Array(data.length)
  const both = new Float32Array(data.length)
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at++) {
      const [before, after] = [Math.min(reach, column), Math.min(reach, columns - 1 - column)]
      along[at] = of(data, at - before, at + after, 1)
    }
  for (let row = 0, at = 0; row < rows; row++) {
    const [before, after] = [Math.min(reach, row) * columns, Math.min(reach, rows - 1 - row) * columns]
    for (let column = 0; column < columns; column++, at++) both[at] = of(along, at - before, at + after, columns)
  }
  return { columns, rows, data: both }
}
