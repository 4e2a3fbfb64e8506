import { type LinePiece, placeOf } from './line-pieces.ts'
import { indexIn, type LinePlane } from './line-plane.ts'
import { STRIP } from './line-sums.ts'

/** What lies across a piece of a line, the mean along it. */
export interface LineSection {
  /** From the piece's own place to the line's first and last pixel, fringes included. */
  readonly left: number
  readonly right: number
  /** Where the line is strongest. */
  readonly peak: number
  /** How far the line stands out from the nearer of its sides, in 0..1. */
  readonly contrast: number
  /** How far apart its sides are, as a share of the contrast. */
  readonly unlike: number
  /** How far the most of what else is beside it stands out, as a share of the contrast. */
  readonly company: number
  /** How many pixels wider the line is at its foot than at half its height. */
  readonly fringes: number
}

/** The share of the contrast that ends a line, and half of it. */
const FOOT = 0.2
const HALF = 0.5

/** How far from the place of a piece its line may be strongest. */
const OFF = 2

/** How far on each side something else is looked for, and at what reach. */
const BESIDE = 3

/**
 * @param sign 1 where the line is lighter than its sides, −1 where it is darker
 * @param reach beyond the line's middle, where its sides are
 */
export function lineSection(plane: LinePlane, piece: LinePiece, sign: 1 | -1, reach: number): LineSection {
  const far = BESIDE * reach + OFF
  const profile = profileAcross(plane, piece, sign, far)
  const peak = highestOf(profile, far - OFF, far + OFF)
  const low = (from: number, to: number) => Math.min(...profile.subarray(from, to + 1))
  const [left, right] = [low(peak - reach - OFF, peak - 1), low(peak + 1, peak + reach + OFF)]
  const base = Math.max(left, right)
  const contrast = profile[peak]! - base
  const foot = spanAbove(profile, peak, base + FOOT * contrast)
  const half = spanAbove(profile, peak, base + HALF * contrast)
  return {
    left: foot.left - far,
    right: foot.right - far,
    peak: peak - far,
    contrast,
    unlike: Math.abs(left - right) / contrast,
    company: companyOf(profile, foot) / contrast,
    fringes: foot.right - foot.left - (half.right - half.left),
  }
}

function profileAcross(plane: LinePlane, piece: LinePiece, sign: 1 | -1, far: number): Float32Array {
  const profile = new Float32Array(2 * far + 1)
  const first = piece.strip * STRIP
  const lines = Math.min(STRIP, plane.along - first)
  for (let k = 0; k < lines; k++) {
    const from = placeOf(piece, k) - far
    for (let i = 0; i < profile.length; i++) {
      profile[i]! += (sign * plane.data[indexIn(plane, from + i, first + k)]!) / lines
    }
  }
  return profile
}

function highestOf(profile: Float32Array, from: number, to: number): number {
  let highest = from
  for (let i = from + 1; i <= to; i++) if (profile[i]! > profile[highest]!) highest = i
  return highest
}

function spanAbove(profile: Float32Array, peak: number, level: number): { left: number; right: number } {
  let [left, right] = [peak, peak]
  while (left > 0 && profile[left - 1]! > level) left--
  while (right < profile.length - 1 && profile[right + 1]! > level) right++
  return { left, right }
}

/** How far the most of the lines beside, lighter or darker, stands out from both of its sides. */
function companyOf(profile: Float32Array, { left, right }: { left: number; right: number }): number {
  let most = 0
  for (let i = BESIDE; i < profile.length - BESIDE; i++) {
    if (i >= left - BESIDE && i <= right + BESIDE) continue
    const [before, after] = [profile[i - BESIDE]!, profile[i + BESIDE]!]
    most = Math.max(most, Math.abs(profile[i]! - (before + after) / 2) - Math.abs(before - after))
  }
  return most
}
