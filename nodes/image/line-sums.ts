/** Lines of pixels in a strip: the length of the straight pieces that lines are made of. */
export const STRIP = 16

/**
 * The sums of a strip's samples along every straight piece that crosses it from its first line to its last and ends 0 to STRIP − 1 samples
 * further right: at `lean * width + start`. Each is the sum of two pieces of half the height, so that all together take log₂ STRIP additions a
 * sample (the approximate discrete Radon transform: Götz and Druck 1996, Brady 1998). What lies right of the strip counts as 0.
 *
 * @param strip STRIP lines of `width` samples of up to 15, so that no sum exceeds a byte; its content is lost
 * @param spare as large, for what lies between
 * @returns one of both
 */
export function lineSums(strip: Uint8Array, spare: Uint8Array, width: number): Uint8Array {
  let [from, to] = [strip, spare]
  for (let half = 1; half < STRIP; half *= 2) {
    for (let block = 0; block < STRIP; block += 2 * half) {
      for (let lean = 0; lean < 2 * half; lean++) {
        const upper = (block + (lean >> 1)) * width
        const lower = upper + half * width
        const shift = lean - (lean >> 1)
        const at = (block + lean) * width
        for (let x = 0; x < width - shift; x++) to[at + x] = from[upper + x]! + from[lower + x + shift]!
        for (let x = width - shift; x < width; x++) to[at + x] = from[upper + x]!
      }
    }
    ;[from, to] = [to, from]
  }
  return from
}
