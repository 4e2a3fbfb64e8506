import { placeOf } from './line-pieces.ts'
import { indexIn, type LinePlane } from './line-plane.ts'
import { STRIP } from './line-sums.ts'
import { type ScratchLine, type ScratchPiece, widthOf } from './scratch-line.ts'

/** What tells a scratch, which lies on a picture, from a line of the scene. */
export interface ScratchEvidence {
  /** How far apart its sides are on the whole, as a share of the contrast: a line of the scene may divide two things. */
  readonly unlike: number
  /** −1..1: how alike its sides change along it, as where it crosses something; 0 where they do not change. */
  readonly crossing: number
  /** How much else stands out close beside it, as a share of the contrast. */
  readonly company: number
  /** How many lines run beside it, as railings and hair do. */
  readonly parallels: number
  /** Its width as a share of that of the widest scratches: lines of the scene are softer. */
  readonly thickness: number
  /** In strips. */
  readonly length: number
}

/** Levels by which the sides of a line have to change along it to tell something. */
const NOISE = 4 / 255

/** Lines that are nearer than this many times the width of the widest scratches, and lean no more differently, run beside each other. */
const BESIDE = { widths: 8, lean: 4 }

/** @param width in pixels, that of the widest scratches */
export function scratchEvidence(
  plane: LinePlane,
  line: ScratchLine,
  others: readonly ScratchLine[],
  width: number,
): ScratchEvidence {
  const contrast = meanOf(line.map(({ section }) => section.contrast))
  const sides = line.flatMap((piece) => sidesOf(plane, piece))
  const means = [meanOf(sides.map(([side]) => side)), meanOf(sides.map(([, side]) => side))] as const
  const product = (a: 0 | 1, b: 0 | 1) => meanOf(sides.map((both) => (both[a] - means[a]) * (both[b] - means[b])))
  return {
    unlike: Math.abs(means[0] - means[1]) / contrast,
    crossing: product(0, 1) / (Math.sqrt(product(0, 0) * product(1, 1)) + NOISE ** 2),
    company: meanOf(line.map(({ section }) => section.company)),
    parallels: others.reduce((sum, other) => sum + (other === line ? 0 : shareBeside(line, other, width)), 0),
    thickness: widthOf(line) / width,
    length: line.length,
  }
}

/**
 * How many times as often a line like this is a scratch than a line of the scene, as a logarithm. The weights are those of a logistic
 * regression over 1800 lines of 50 photographs, as they were and with light and dark scratches painted on them; none is one of the tests'.
 */
export function scratchLogOdds({ unlike, crossing, company, parallels, thickness, length }: ScratchEvidence): number {
  return (
    1.6 * crossing -
    1.3 * Math.log(unlike + 0.03) -
    0.6 * Math.log(company + 0.03) -
    1.6 * Math.log(parallels + 0.5) -
    2.2 * Math.log(thickness) +
    0.6 * Math.log(length) -
    7.2
  )
}

/** The two pixels beyond either side of a piece, their mean, along it. */
function sidesOf(plane: LinePlane, { piece, section: { left, right } }: ScratchPiece): (readonly [number, number])[] {
  const lines = Math.min(STRIP, plane.along - piece.strip * STRIP)
  return Array.from({ length: lines }, (_, k) => {
    const place = placeOf(piece, k)
    const at = (off: number) => plane.data[indexIn(plane, place + off, piece.strip * STRIP + k)]!
    return [0.5 * (at(left - 1) + at(left - 2)), 0.5 * (at(right + 1) + at(right + 2))]
  })
}

/** Along how much of a line another one runs beside it. */
function shareBeside(line: ScratchLine, other: ScratchLine, width: number): number {
  const beside = line.filter(({ piece: a }) => {
    const b = other[a.strip - other[0]!.piece.strip]?.piece
    if (b === undefined || Math.abs(a.lean - b.lean) > BESIDE.lean) return false
    return Math.abs(a.start + a.lean / 2 - b.start - b.lean / 2) < BESIDE.widths * width
  })
  return beside.length / line.length
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
