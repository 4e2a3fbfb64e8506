/**
 * The marks with few others around: within `reach` pixels on each side no more than `share` of what the picture has there is
 * marked, with the mark itself.
 */
export function loneMarks(marked: Uint8Array, width: number, reach: number, share: number): Uint8Array {
  const height = marked.length / width
  const inRow = new Uint16Array(marked.length)
  for (let y = 0; y < height; y++) {
    let count = 0
    for (let x = -reach; x < width; x++) {
      if (x + reach < width) count += marked[y * width + x + reach]!
      if (x > reach) count -= marked[y * width + x - reach - 1]!
      if (x >= 0) inRow[y * width + x] = count
    }
  }
  const lone = marked.slice()
  const counts = new Uint32Array(width)
  for (let y = -reach; y < height; y++) {
    const [entering, leaving] = [y + reach, y - reach - 1]
    for (let x = 0; x < width; x++) {
      if (entering < height) counts[x]! += inRow[entering * width + x]!
      if (leaving >= 0) counts[x]! -= inRow[leaving * width + x]!
      if (y < 0 || lone[y * width + x] === 0) continue
      const area = spanOf(x, width, reach) * spanOf(y, height, reach)
      if (counts[x]! > share * area) lone[y * width + x] = 0
    }
  }
  return lone
}

/** How many places there are within reach of one. */
function spanOf(at: number, length: number, reach: number): number {
  return Math.min(length - 1, at + reach) - Math.max(0, at - reach) + 1
}
