/**
 * The lines of a PNG as they were before they were filtered (PNG specification 3rd ed., 9.2).
 * @param lines each with the number of its filter in front
 * @param size bytes of a line without that number, and of a pixel
 * @returns undefined where a number is of no filter
 */
export function unfilterRows(
  lines: Uint8Array,
  { stride, pixel }: { readonly stride: number; readonly pixel: number },
): Uint8Array<ArrayBuffer> | undefined {
  const height = lines.length / (stride + 1)
  const rows = new Uint8Array(height * stride)
  let above = new Uint8Array(stride)
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1)
    const unfilter = FILTERS[lines[from]!]
    if (unfilter === undefined) return undefined
    const row = rows.subarray(y * stride, (y + 1) * stride)
    row.set(lines.subarray(from + 1, from + 1 + stride))
    unfilter(row, above, pixel)
    above = row
  }
  return rows
}

/** Turns the differences in a row back into samples, from what is left of them and in the row above. */
type Unfilter = (row: Uint8Array, above: Uint8Array, pixel: number) => void

/** By their numbers: none, sub, up, average, Paeth. */
const FILTERS: readonly Unfilter[] = [
  () => {},
  (row, _above, pixel) => {
    for (let i = pixel; i < row.length; i++) row[i]! += row[i - pixel]!
  },
  (row, above) => {
    for (let i = 0; i < row.length; i++) row[i]! += above[i]!
  },
  (row, above, pixel) => {
    for (let i = 0; i < row.length; i++) row[i]! += ((i < pixel ? 0 : row[i - pixel]!) + above[i]!) >> 1
  },
  (row, above, pixel) => {
    for (let i = 0; i < row.length; i++) {
      row[i]! += i < pixel ? above[i]! : nearest(row[i - pixel]!, above[i]!, above[i - pixel]!)
    }
  },
]

/** Which of them is nearest to left + above − corner. */
function nearest(left: number, above: number, corner: number): number {
  const byLeft = Math.abs(above - corner)
  const byAbove = Math.abs(left - corner)
  const byCorner = Math.abs(left + above - 2 * corner)
  if (byLeft <= byAbove && byLeft <= byCorner) return left
  return byAbove <= byCorner ? above : corner
}
