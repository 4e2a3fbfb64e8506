/**
 * One pass of the à trous transform: [1 2 1]/4 along both axes with holes of 2ᵏ pixels, edges repeated (Holschneider et
 * al. 1989).
 * @param from, to planes of `width` × `height`, not the same
 * @param hole how far the neighbours are away, 2ᵏ
 */
export function smooth(from: Float32Array, to: Float32Array, width: number, height: number, hole: number): void {
  const line = new Float32Array(width)
  const begin = Math.min(hole, width)
  const end = Math.max(begin, width - hole)
  const at = (x: number): number =>
    0.25 * (line[Math.max(0, x - hole)]! + line[Math.min(width - 1, x + hole)]!) + 0.5 * line[x]!
  for (let y = 0; y < height; y++) {
    const here = y * width
    const above = Math.max(0, y - hole) * width
    const below = Math.min(height - 1, y + hole) * width
    for (let x = 0; x < width; x++) line[x] = 0.25 * (from[above + x]! + from[below + x]!) + 0.5 * from[here + x]!
    // The middle, where both neighbours are inside, without a question for each sample.
    for (let x = 0; x < begin; x++) to[here + x] = at(x)
    for (let x = begin; x < end; x++) to[here + x] = 0.25 * (line[x - hole]! + line[x + hole]!) + 0.5 * line[x]!
    for (let x = end; x < width; x++) to[here + x] = at(x)
  }
}
