import { type Scales, smooth } from './a-trous.ts'
import { CELL } from './gate-rows.ts'
import type { Opponent } from './opponent.ts'
import type { Tensor } from './values.ts'

/** Of each band in a cell: the energies of x, y, x − y and its colours, and the correlation of x and y. */
export const KINDS = 5
const [FLOOR, SPREAD, MIDDLE] = [1e-6, 4, 2]

/**
 * What gates are decided by: [1, 5 · levels, rows, columns], about −1.5..1.5, one column for each cell. Kinds outermost:
 * ln(energy + 1e-6) / 4 + 2 for the four energies, then Σxy / √(Σx² Σy²) (models/training/transfer.py: features).
 */
export function emptyMeasures(width: number, height: number, levels: number): Tensor {
  const [rows, columns] = [Math.ceil(height / CELL), Math.ceil(width / CELL)]
  return { data: new Float32Array(KINDS * levels * rows * columns), dims: [1, KINDS * levels, rows, columns] }
}

/** Planes of one strip of the picture: rows `from`.. of it are in the planes, rows `top`..`bottom` are measured. */
export interface MeasuredRows {
  readonly top: number
  readonly bottom: number
  readonly from: number
}

/**
 * Fills in the cells of a strip, which begins at a border of cells.
 * @param given the luma of x; is written over
 * @param change x − y
 */
export function measureBands(
  given: Float32Array,
  change: Opponent<Scales>,
  { top, bottom, from }: MeasuredRows,
  width: number,
  { data, dims }: Tensor,
): void {
  const [rows, columns] = [dims[2]!, dims[3]!]
  const levels = change[0].length - 1
  const values = new Float64Array(KINDS)
  const planes = [given, new Float32Array(given.length)] as const
  for (let level = 0; level < levels; level++) {
    const [narrow, wide] = level % 2 === 0 ? planes : [planes[1], planes[0]]
    smooth(narrow, wide, width, given.length / width, 2 ** level)
    const measured = bandOf([narrow, wide], change, level)
    for (let row = top; row < bottom; row += CELL) {
      const end = Math.min(bottom, row + CELL)
      for (let column = 0; column < columns; column++) {
        const left = column * CELL
        const area = { top: row - from, bottom: end - from, left, right: Math.min(width, left + CELL) }
        measureCell(measured, area, width, values)
        const cell = (row / CELL) * columns + column
        for (let kind = 0; kind < KINDS; kind++) data[(kind * levels + level) * rows * columns + cell] = values[kind]!
      }
    }
  }
}

/** One band of x and of x − y, each as what is before and after a pass. */
interface Band {
  readonly given: Pass
  readonly luma: Pass
  readonly red: Pass
  readonly blue: Pass
}

type Pass = readonly [narrow: Float32Array, wide: Float32Array]

function bandOf(given: Pass, [luma, red, blue]: Opponent<Scales>, level: number): Band {
  const at = (scales: Scales): Pass => [scales[level]!, scales[level + 1]!]
  return { given, luma: at(luma), red: at(red), blue: at(blue) }
}

interface Area {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** Writes the five measures of one cell. */
function measureCell(
  { given, luma, red, blue }: Band,
  { top, bottom, left, right }: Area,
  width: number,
  to: Float64Array,
): void {
  const [givenNarrow, givenWide] = given
  const [lumaNarrow, lumaWide] = luma
  const [redNarrow, redWide] = red
  const [blueNarrow, blueWide] = blue
  let [xx, rr, cc, xr] = [0, 0, 0, 0]
  for (let row = top; row < bottom; row++) {
    for (let i = row * width + left; i < row * width + right; i++) {
      const x = givenNarrow[i]! - givenWide[i]!
      const r = lumaNarrow[i]! - lumaWide[i]!
      const u = redNarrow[i]! - redWide[i]!
      const v = blueNarrow[i]! - blueWide[i]!
      xx += x * x
      rr += r * r
      cc += (u * u + v * v) / 2
      xr += x * r
    }
  }
  const count = (bottom - top) * (right - left)
  // y = x − r
  const [xy, yy] = [xx - xr, Math.max(0, xx - 2 * xr + rr)]
  to[0] = logarithm(xx / count)
  to[1] = logarithm(yy / count)
  to[2] = logarithm(rr / count)
  to[3] = logarithm(cc / count)
  to[4] = xy / count / Math.sqrt((xx / count) * (yy / count) + FLOOR ** 2)
}

function logarithm(energy: number): number {
  return Math.log(energy + FLOOR) / SPREAD + MIDDLE
}
