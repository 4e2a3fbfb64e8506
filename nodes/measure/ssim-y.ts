import { setImmediate } from 'node:timers/promises'
import { cropFrame } from '../pixels/tiles.ts'
import { checkSameSize } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Frame } from '../sdk/values.ts'
import { gaussianWindow, planeOf, smooth } from './filter.ts'
import { type Plane, studioLuma } from './luma.ts'

const SIDE = 11
/** How far the window reaches around its middle. */
const REACH = (SIDE - 1) / 2
const WINDOW = gaussianWindow(SIDE, 1.5)
const C1 = (0.01 * 255) ** 2
const C2 = (0.03 * 255) ** 2

/** Pixels that are worked on at once, in a band of rows; each needs nearly 100 bytes meanwhile. */
const BAND = 2 ** 18
/** Rows of a band at least, since those that the window reaches are worked on again for the next one. */
const LEAST_ROWS = 4 * REACH

/**
 * Structural similarity of the luma, 0..1 (Wang et al. 2004): Gaussian window 11 × 11 with σ 1.5, K 0.01 and 0.03,
 * range 255, only where the whole window lies inside. `signal` stops between two bands.
 * @throws RestorationError `invalid_input` when the sizes differ or a side has fewer than 11 pixels
 */
export async function ssimY(frame: Frame, reference: Frame, signal: AbortSignal): Promise<number> {
  checkSameSize(frame, reference)
  checkWindowFits(frame)
  const { width, height } = frame
  const rows = height - 2 * REACH
  const rowsAtOnce = Math.max(LEAST_ROWS, Math.floor(BAND / width))
  let sum = 0
  for (let top = 0; top < rows; top += rowsAtOnce) {
    await setImmediate()
    signal.throwIfAborted()
    const lines = Math.min(rowsAtOnce, rows - top) + 2 * REACH
    sum += similarity(cropFrame(frame, 0, top, width, lines), cropFrame(reference, 0, top, width, lines))
  }
  return sum / ((width - 2 * REACH) * rows)
}

/** The sum of the similarities at all pixels around which the window lies inside. */
function similarity(frame: Frame, reference: Frame): number {
  const { width, height } = frame
  const [a, b] = [studioLuma(frame), studioLuma(reference)]
  const smoothed = (plane: Plane) => smooth(plane, WINDOW).data
  const product = (p: Plane, q: Plane) => smoothed(planeOf(p, (i) => p.data[i]! * q.data[i]!))
  const [meanA, meanB] = [smoothed(a), smoothed(b)]
  const [squareA, squareB, both] = [product(a, a), product(b, b), product(a, b)]
  let sum = 0
  for (let y = REACH; y < height - REACH; y++) {
    for (let at = y * width + REACH; at < (y + 1) * width - REACH; at++) {
      const [ma, mb] = [meanA[at]!, meanB[at]!]
      const luminance = (2 * ma * mb + C1) / (ma * ma + mb * mb + C1)
      const structure = (2 * (both[at]! - ma * mb) + C2) / (squareA[at]! - ma * ma + (squareB[at]! - mb * mb) + C2)
      sum += luminance * structure
    }
  }
  return sum
}

function checkWindowFits({ width, height }: Frame): void {
  if (Math.min(width, height) >= SIDE) return
  throw new RestorationError(
    'invalid_input',
    `Expected pictures of at least ${SIDE} × ${SIDE} but received ${width} × ${height}.`,
    'Measure larger pictures.',
  )
}
