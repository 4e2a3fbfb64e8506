import { checkSameSize } from '../sdk/checks.ts'
import type { Frame } from '../sdk/values.ts'
import { studioLuma } from './luma.ts'

/** Peak signal-to-noise ratio of the luma in dB, peak 255; equal pictures give 100. No border is left out. */
export function psnrY(frame: Frame, reference: Frame): number {
  checkSameSize(frame, reference)
  const a = studioLuma(frame).data
  const b = studioLuma(reference).data
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2
  return Math.min(100, 10 * Math.log10((255 * 255 * a.length) / squares))
}
