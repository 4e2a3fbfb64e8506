import type { Blocks } from './blocks.ts'

/** Rows of samples from top to bottom, each read once. */
export interface Plane {
  readonly width: number
  readonly height: number
  read(y: number, row: Float32Array): void
}

/** How steep a plane is and how much it bends. */
interface Bends {
  readonly slope: Blocks
  readonly curvature: Blocks
}

/** The means of the roots of slope and curvature over blocks of `side`, in every so manieth row. */
export function bendsOf({ width, height, read }: Plane, side: number, step: number): Bends {
  const [columns, rows] = [Math.ceil(width / side), Math.ceil(height / side)]
  const [slopes, curvatures] = [new Float32Array(columns * rows), new Float32Array(columns * rows)]
  let [above, here, below] = [new Float32Array(width), new Float32Array(width), new Float32Array(width)]
  read(0, below)
  for (let y = 0; y < height; y++) {
    ;[above, here, below] = [here, below, above]
    if (y === 0) above.set(here)
    if (y + 1 < height) read(y + 1, below)
    else below.set(here)
    const start = Math.floor(y / side) * columns
    if (y % step === 0) addRow(slopes.subarray(start), curvatures.subarray(start), above, here, below, side)
  }
  const means = (sums: Float32Array): Blocks => {
    const data = sums.map((sum, i) => {
      const [column, row] = [i % columns, Math.floor(i / columns)]
      const samples = Math.min(side, width - column * side) * Math.ceil(Math.min(side, height - row * side) / step)
      return sum / samples
    })
    return { columns, rows, data }
  }
  return { slope: means(slopes), curvature: means(curvatures) }
}

/** Adds the roots of slope and of curvature at each sample of a row to those of its block. */
function addRow(
  slopes: Float32Array,
  curvatures: Float32Array,
  above: Float32Array,
  here: Float32Array,
  below: Float32Array,
  side: number,
): void {
  let left = here[0]!
  let middle = left
  for (let x = 0, column = 0; x < here.length; column++) {
    let slope = 0
    let curvature = 0
    for (const end = Math.min(here.length, x + side); x < end; x++) {
      const [up, down, right] = [above[x]!, below[x]!, x + 1 < here.length ? here[x + 1]! : middle]
      slope += Math.sqrt((Math.abs(right - left) + Math.abs(down - up)) / 2)
      curvature += Math.sqrt(Math.abs(left + right - 2 * middle) + Math.abs(up + down - 2 * middle))
      left = middle
      middle = right
    }
    slopes[column]! += slope
    curvatures[column]! += curvature
  }
}
