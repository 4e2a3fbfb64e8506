import { samplesOf } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'
import type { LineKind } from './line-pieces.ts'
import { planesOf } from './line-plane.ts'
import { lumaFrame } from './luma-frame.ts'
import { eachPixel, scratchCandidates } from './scratch-line.ts'
import { scratchEvidence, scratchLogOdds } from './scratch-odds.ts'

/** How many lines the expectation counts for, beside those that a picture has. */
const WEIGHT = 10

/** Rounds after which the share of scratches stays as it is. */
const ROUNDS = 30

/**
 * Marks with 1 the scratches of a picture: thin lines, straight or gently bent, that lie on it rather than in it.
 * @param expected 0..1: the share of its lines, before they are looked at, that are scratches
 */
export async function scratchMask(frame: Frame, kind: LineKind, expected: number, signal: AbortSignal): Promise<Frame> {
  const { width, height } = frame
  const data = samplesOf('float32', width * height)
  const found: { readonly odds: number; readonly mark: () => void }[] = []
  for (const plane of planesOf(lumaFrame(frame))) {
    const candidates = await scratchCandidates(plane, kind, signal)
    const lines = candidates.map(({ line }) => line)
    for (const { line, whole } of candidates) {
      const odds = Math.exp(scratchLogOdds(scratchEvidence(plane, line, lines, kind.width)))
      found.push({ odds, mark: () => eachPixel(plane, whole(), (index) => (data[index] = 1)) })
    }
  }
  const share = shareOf(
    found.map(({ odds }) => odds),
    expected,
  )
  for (const { odds, mark } of found) if (probability(odds, share) > 0.5) mark()
  return { width, height, channels: 1, data }
}

/** The share of scratches among lines that is likeliest by all of them and what was expected (expectation maximisation). */
function shareOf(odds: readonly number[], expected: number): number {
  let share = expected
  for (let round = 0; round < ROUNDS; round++) {
    const scratches = odds.reduce((sum, value) => sum + probability(value, share), 0)
    share = (WEIGHT * expected + scratches) / (WEIGHT + odds.length)
  }
  return share
}

function probability(odds: number, share: number): number {
  return (share * odds) / (share * odds + 1 - share)
}
