import { setImmediate } from 'node:timers/promises'
import { reachesFor, type StripContrast, stripContrast } from './line-contrast.ts'
import type { LinePlane } from './line-plane.ts'
import { lineSums, STRIP } from './line-sums.ts'

export interface LineKind {
  /** 1: lighter than both sides; −1: darker. */
  readonly sign: 1 | -1
  /** Of the widest, in pixels. */
  readonly width: number
}

/** A straight piece of a line, from the first line of a strip to its last. */
export interface LinePiece {
  readonly strip: number
  /** Its place across in the first line of the strip. */
  readonly start: number
  /** How much further across it is in the last. */
  readonly lean: number
  /** 0..STRIP: how much of it stands out. */
  readonly support: number
}

/** Where a piece is across, in a line of its strip or a little beyond. */
export function placeOf({ start, lean }: LinePiece, line: number): number {
  return start + Math.round((lean * line) / (STRIP - 1))
}

/** What stands out so many times as far as is usual around it counts fully; where all is calm, by so much. */
const FULL = { usual: 4, least: 8 / 255 }

/** The share of a piece that has to stand out. */
const LEAST_SUPPORT = 0.4

/** The sample that counts fully: no sum of STRIP is more than a byte. */
const TOP = 15

/** After so many strips others get a turn. */
const STRIPS = 4

/**
 * The straight pieces of lines, strip by strip and from left to right: those that no piece beside them beats. How much a pixel stands out
 * is measured by what is usual around it, so that of texture hardly any are left. After Newson et al., Robust automatic line scratch
 * detection in films, IEEE TIP 2014: pixels are tested against both sides, and lines against a background that is local; here in any
 * direction.
 */
export async function linePieces(plane: LinePlane, kind: LineKind, signal: AbortSignal): Promise<LinePiece[][]> {
  const strips = Math.ceil(plane.along / STRIP)
  const reaches = reachesFor(kind.width)
  const measure = (strip: number) => (strip < strips ? [stripContrast(plane, strip, reaches)] : [])
  const find = findingPieces(plane.across, kind.sign)
  const pieces = []
  let [before, own, after]: StripContrast[][] = [[], measure(0), measure(1)]
  for (let strip = 0; strip < strips; strip++) {
    pieces.push(find(strip, own![0]!, usualAround([...before!, ...own!, ...after!])))
    ;[before, own, after] = [own, after, measure(strip + 2)]
    if (strip % STRIPS !== STRIPS - 1) continue
    await setImmediate()
    signal.throwIfAborted()
  }
  return pieces
}

/** The mean of blocks, those beside them, and all of these in the other strips. */
function usualAround(strips: readonly StripContrast[]): Float32Array {
  return strips[0]!.usual.map((_, block) => {
    let [sum, count] = [0, 0]
    for (const { usual } of strips) {
      for (let i = Math.max(0, block - 1); i <= Math.min(usual.length - 1, block + 1); i++, count++) sum += usual[i]!
    }
    return sum / count
  })
}

/** Finds the pieces of strips of one width, in memory that it uses again. */
function findingPieces(across: number, sign: 1 | -1) {
  const width = across + 2 * STRIP
  const [strip, spare] = [new Uint8Array(STRIP * width), new Uint8Array(STRIP * width)]
  return (index: number, contrast: StripContrast, usual: Float32Array): LinePiece[] => {
    const pieces: LinePiece[] = []
    for (const mirror of [1, -1] as const) {
      layOut(strip, contrast, usual, sign, mirror)
      const sums = lineSums(strip, spare, width)
      for (const at of highest(sums, width, mirror === 1 ? 0 : 1)) {
        const [lean, x] = [Math.floor(at / width), (at % width) - STRIP]
        const start = mirror === 1 ? x : across - 1 - x
        pieces.push({ strip: index, start, lean: mirror * lean, support: sums[at]! / TOP })
      }
    }
    return pieces.sort((a, b) => a.start - b.start)
  }
}

/** The contrast in samples of 0..TOP, between STRIP empty ones on either side; mirrored for lines that lean to the left. */
function layOut(strip: Uint8Array, contrast: StripContrast, usual: Float32Array, sign: 1 | -1, mirror: 1 | -1): void {
  const across = contrast.data.length / STRIP
  const width = strip.length / STRIP
  const units = usual.map((value) => (sign * TOP) / (FULL.least + FULL.usual * value))
  strip.fill(0)
  for (let k = 0, from = 0; k < STRIP; k++) {
    let to = k * width + (mirror === 1 ? STRIP : width - 1 - STRIP)
    for (let x = 0; x < across; x++, from++, to += mirror) {
      const sample = contrast.data[from]! * units[Math.floor(x / STRIP)]!
      if (sample >= 1) strip[to] = sample < TOP ? sample : TOP
    }
  }
}

/** Where sums are enough, and no less than those beside them. */
function highest(sums: Uint8Array, width: number, leastLean: number): number[] {
  const least = LEAST_SUPPORT * STRIP * TOP
  const places: number[] = []
  for (let lean = leastLean; lean < STRIP; lean++) {
    for (let x = 1, at = lean * width + 1; x < width - 1; x++, at++) {
      const sum = sums[at]!
      if (sum < least || sum < sums[at - 1]! || sum < sums[at + 1]!) continue
      if (lean > 0 && (sum < sums[at - width]! || sum < sums[at - width + 1]!)) continue
      if (lean < STRIP - 1 && (sum < sums[at + width]! || sum < sums[at + width - 1]!)) continue
      places.push(at)
    }
  }
  return places
}
