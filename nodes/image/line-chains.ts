import type { LinePiece } from './line-pieces.ts'
import { STRIP } from './line-sums.ts'

/** A piece that lacks support for less than this share of its length adds to its chain. */
const SHARE = 0.4

/** How far apart the leans of consecutive pieces may be, and what each step costs. */
const BEND = { most: 3, cost: 0.3 }

/** In pixels, how far off a piece may begin from where the one before it points; twice as far over a strip without any. */
const SLACK = 1.5

/** Pieces of a strip that are as near, in pixels, and lean no more differently are of the same line, as within half its width. */
const SAME = { place: 3, lean: 6 }

/**
 * How much support by chance has to be exceeded: of a line of l pixels, `share` of them and √(deviations · l) more (Hoeffding's bound on
 * that many, as in a-contrario detection: Desolneux, Moisan and Morel 2000).
 */
const CHANCE = { share: 0.2, deviations: 10 }

/** The best way to a piece. */
interface Way {
  readonly piece: LinePiece
  readonly gain: number
  readonly before: Way | undefined
}

/**
 * The lines that pieces of consecutive strips make, straight or gently bent, with gaps of a strip at most: the best chains by dynamic
 * programming (beamlets with good continuation: Arias-Castro, Donoho and Huo 2006), those first that are supported most, without what lies
 * beside them, and without those that chance may make.
 *
 * @param strips of each strip the pieces, from left to right
 * @param width of the widest lines, in pixels
 */
export function lineChains(strips: readonly (readonly LinePiece[])[], width: number): LinePiece[][] {
  const ways: Way[][] = []
  for (const [i, pieces] of strips.entries()) {
    ways.push(pieces.map((piece) => bestWay(piece, ways[i - 1] ?? [], ways[i - 2] ?? [])))
  }
  const ends = ways.flat().filter(({ gain }) => gain > 0)
  const taken = new Set<LinePiece>()
  const chains: LinePiece[][] = []
  for (const end of ends.sort((a, b) => b.gain - a.gain)) {
    const chain = piecesTo(end)
    if (!isBeyondChance(chain) || chain.some((piece) => taken.has(piece))) continue
    chains.push(chain)
    for (const piece of chain) {
      for (const other of near(strips[piece.strip]!, ({ start }) => start, piece.start, 0)) {
        if (isSame(piece, other, width)) taken.add(other)
      }
    }
  }
  return chains
}

/** A chain with the pieces that continue it at either end. */
export function continued(chain: readonly LinePiece[], strips: readonly (readonly LinePiece[])[]): LinePiece[] {
  const whole = [...chain]
  for (let next = nextTo(chain[0]!, strips, -1); next !== undefined; next = nextTo(next, strips, -1))
    whole.unshift(next)
  for (let next = nextTo(chain.at(-1)!, strips, 1); next !== undefined; next = nextTo(next, strips, 1)) whole.push(next)
  return whole
}

/** The best supported of the pieces that continue a chain beyond its end, in the next strip that has one. */
function nextTo(end: LinePiece, strips: readonly (readonly LinePiece[])[], direction: 1 | -1): LinePiece | undefined {
  for (const gap of [0, 1]) {
    let best: LinePiece | undefined
    for (const piece of near(strips[end.strip + direction * (gap + 1)] ?? [], ({ start }) => start, end.start, gap)) {
      const [from, to] = direction === 1 ? [end, piece] : [piece, end]
      if (doesContinue(from, to, gap) && piece.support > (best?.support ?? 0)) best = piece
    }
    if (best !== undefined) return best
  }
  return undefined
}

/** From the first to the last strip of a chain, in pixels. */
function lengthOf(chain: readonly LinePiece[]): number {
  return (chain.at(-1)!.strip - chain[0]!.strip + 1) * STRIP
}

function bestWay(piece: LinePiece, above: readonly Way[], twoAbove: readonly Way[]): Way {
  let best: Way | undefined
  let gain = 0
  for (const [gap, ways] of [above, twoAbove].entries()) {
    for (const way of near(ways, (one) => one.piece.start, piece.start, gap)) {
      if (!doesContinue(way.piece, piece, gap)) continue
      const total = way.gain - gap * SHARE * STRIP - bendOf(way.piece, piece) * BEND.cost
      if (total > gain) [best, gain] = [way, total]
    }
  }
  return { piece, gain: gain + piece.support - SHARE * STRIP, before: best }
}

/** Whether a piece, `gap` strips further than the next, begins about where another one points. */
function doesContinue(from: LinePiece, to: LinePiece, gap: number): boolean {
  const perStrip = STRIP / (STRIP - 1)
  const offset = from.start + perStrip * (from.lean + (gap * (from.lean + to.lean)) / 2) - to.start
  return bendOf(from, to) <= BEND.most && Math.abs(offset) <= SLACK * (gap + 1)
}

function bendOf(from: LinePiece, to: LinePiece): number {
  return Math.abs(from.lean - to.lean)
}

function piecesTo(end: Way): LinePiece[] {
  const pieces: LinePiece[] = []
  for (let way: Way | undefined = end; way !== undefined; way = way.before) pieces.push(way.piece)
  return pieces.reverse()
}

function isBeyondChance(chain: readonly LinePiece[]): boolean {
  const length = lengthOf(chain)
  const support = chain.reduce((sum, piece) => sum + piece.support, 0)
  return support > CHANCE.share * length + Math.sqrt(CHANCE.deviations * length)
}

function isSame(a: LinePiece, b: LinePiece, width: number): boolean {
  const apart = a.start + a.lean / 2 - b.start - b.lean / 2
  return Math.abs(apart) <= Math.max(SAME.place, width / 2) && Math.abs(a.lean - b.lean) <= SAME.lean
}

/** Of a list in order of its starts what may lie beside or continue a piece that starts here, over so many strips between. */
function* near<T>(list: readonly T[], startOf: (item: T) => number, start: number, gap: number): Generator<T> {
  const reach = (gap + 1) * (STRIP + BEND.most)
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (startOf(list[middle]!) < start - reach) low = middle + 1
    else high = middle
  }
  for (; low < list.length && startOf(list[low]!) <= start + reach; low++) yield list[low]!
}
