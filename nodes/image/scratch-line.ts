import { setImmediate } from 'node:timers/promises'
import { continued, lineChains } from './line-chains.ts'
import { reachesFor } from './line-contrast.ts'
import { type LineKind, type LinePiece, linePieces, placeOf } from './line-pieces.ts'
import { indexIn, type LinePlane } from './line-plane.ts'
import { type LineSection, lineSection } from './line-section.ts'
import { STRIP } from './line-sums.ts'

/** Pieces of a line that may be a scratch, one strip after the other. */
export type ScratchLine = readonly ScratchPiece[]

export interface Candidate {
  /** As far as it is seen clearly. */
  readonly line: ScratchLine
  /** With what continues it where it is not. */
  readonly whole: () => ScratchLine
}

export interface ScratchPiece {
  readonly piece: LinePiece
  readonly section: LineSection
}

/** The least contrast of a piece that is seen clearly, and how much else there may be. */
const CONTRAST = 12 / 255
const MOST = { unlike: 0.6, company: 0.6, fringes: 4 }

/** How many times as long as wide a line has to be. */
const ELONGATION = 6

/** So many pixels on either side of a line are hardly of it; they are filled with it. */
const FRINGE = 1

/** The lines of a plane that are thin, crisp, alone, and alike on both sides. */
export async function scratchCandidates(plane: LinePlane, kind: LineKind, signal: AbortSignal): Promise<Candidate[]> {
  const reach = reachesFor(kind.width).at(-1)!
  const sections = new Map<LinePiece, LineSection>()
  const strips = await linePieces(plane, kind, signal)
  const clear: LinePiece[][] = []
  for (const pieces of strips) {
    for (const piece of pieces) {
      const section = lineSection(plane, piece, kind.sign, reach)
      if (isThinLine(section, kind.width)) sections.set(piece, section)
    }
    clear.push(pieces.filter((piece) => sections.has(piece)))
    await setImmediate()
    signal.throwIfAborted()
  }
  return lineChains(clear, kind.width)
    .map((chain) => ({
      line: withSections(chain, sections),
      whole: () => withSections(continued(chain, strips), sections),
    }))
    .filter(({ line }) => line.length > 1 && line.length * STRIP >= ELONGATION * widthOf(line))
}

/** The mean over its pieces, in pixels. */
export function widthOf(line: ScratchLine): number {
  return line.reduce((sum, { section: { left, right } }) => sum + right - left + 1, 0) / line.length
}

/** Calls with the index of each pixel of a line, fringes and all. */
export function eachPixel(plane: LinePlane, scratch: ScratchLine, take: (index: number) => void): void {
  for (const { piece, section } of scratch) {
    const first = piece.strip * STRIP
    for (let k = 0; k < STRIP && first + k < plane.along; k++) {
      const place = placeOf(piece, k)
      const from = Math.max(0, place + section.left - FRINGE)
      const to = Math.min(plane.across - 1, place + section.right + FRINGE)
      for (let x = from; x <= to; x++) take(indexIn(plane, x, first + k))
    }
  }
}

function isThinLine({ contrast, unlike, company, fringes, left, right }: LineSection, width: number): boolean {
  const isAlone = unlike <= MOST.unlike && company <= MOST.company
  return contrast >= CONTRAST && isAlone && fringes <= MOST.fringes && right - left + 1 <= width + 2 * FRINGE
}

/** One piece for each strip: where there is none, from the one before to the one after; unclear ones are as wide as that beside them. */
function withSections(chain: readonly LinePiece[], sections: ReadonlyMap<LinePiece, LineSection>): ScratchLine {
  let section = sections.get(chain.find((piece) => sections.has(piece))!)!
  return chain.flatMap((piece, i) => {
    const last = chain[i - 1]
    const before = section
    section = sections.get(piece) ?? section
    if (last === undefined || last.strip + 1 === piece.strip) return [{ piece, section }]
    const start = placeOf(last, STRIP)
    const bridge = { strip: last.strip + 1, start, lean: placeOf(piece, -1) - start, support: 0 }
    return [
      { piece: bridge, section: before },
      { piece, section },
    ]
  })
}
