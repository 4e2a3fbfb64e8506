import { checkSameSize } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Frame } from '../sdk/values.ts'
import { combine, gaussianWindow, smooth } from './filter.ts'
import { type Plane, studioLuma } from './luma.ts'

const SIDE = 11
const WINDOW = gaussianWindow(SIDE, 1.5)
const C1 = (0.01 * 255) ** 2
const C2 = (0.03 * 255) ** 2

/**
 * Structural similarity of the luma, 0..1 (Wang et al. 2004): Gaussian window 11 × 11 with σ 1.5, K 0.01 and 0.03,
 * range 255, only where the whole window lies inside.
 * @throws RestorationError `invalid_input` when the sizes differ or a side has fewer than 11 pixels
 */
export function ssimY(frame: Frame, reference: Frame): number {
  checkSameSize(frame, reference)
  checkWindowFits(frame)
  const a = studioLuma(frame)
  const b = studioLuma(reference)
  const product = (p: Plane, q: Plane) =>
    smooth(
      combine([p, q], (x, y) => x * y),
      WINDOW,
    )
  const [meanA, meanB] = [smooth(a, WINDOW), smooth(b, WINDOW)]
  const map = combine([meanA, meanB, product(a, a), product(b, b), product(a, b)], (ma, mb, aa, bb, ab) => {
    const luminance = (2 * ma! * mb! + C1) / (ma! * ma! + mb! * mb! + C1)
    const structure = (2 * (ab! - ma! * mb!) + C2) / (aa! - ma! * ma! + (bb! - mb! * mb!) + C2)
    return luminance * structure
  })
  return meanInside(map, (SIDE - 1) / 2)
}

function checkWindowFits({ width, height }: Frame): void {
  if (Math.min(width, height) >= SIDE) return
  throw new RestorationError(
    'invalid_input',
    `Expected pictures of at least ${SIDE} × ${SIDE} but received ${width} × ${height}.`,
    'Measure larger pictures.',
  )
}

function meanInside({ width, height, data }: Plane, border: number): number {
  let sum = 0
  for (let y = border; y < height - border; y++) {
    for (let x = border; x < width - border; x++) sum += data[y * width + x]!
  }
  return sum / ((width - 2 * border) * (height - 2 * border))
}
