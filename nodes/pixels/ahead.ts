/**
 * The results of pieces of work in their order, of which several are under way at once: while inference threads compute, this one
 * prepares tensors and puts results together. When one fails or the rest is not wanted, those under way are awaited, so
 * that nothing goes on behind.
 * @param most how many are under way at once, from 1 up; 1 is one after the other
 * @param work makes the piece of an index
 */
export async function* ahead<Result>(
  count: number,
  most: number,
  work: (index: number) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = []
  let next = 0
  const begin = () => {
    for (; next < count && begun.length < most; next++) {
      const piece = work(next)
      // One that fails before its turn is told of in its turn.
      piece.catch(() => undefined)
      begun.push(piece)
    }
  }
  try {
    begin()
    while (begun.length > 0) {
      const result = await begun[0]!
      begun.shift()
      begin()
      yield result
    }
  } finally {
    await Promise.allSettled(begun)
  }
}
