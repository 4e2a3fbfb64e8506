import { checkPixels } from './checks.ts'
import type { RunContext } from './context.ts'
import { type ResizeMethod, resizeFrame } from './resize.ts'
import { roundHalfEven } from './round-half-even.ts'
import type { Frame } from './values.ts'

/** Scales both sides by a factor, rounded to whole pixels (halves to even), at least 1. @throws RestorationError `image_too_large` */
export async function scaleFrameBy(
  frame: Frame,
  factor: number,
  method: ResizeMethod,
  context: Pick<RunContext, 'maxPixels'>,
): Promise<Frame> {
  const width = Math.max(1, roundHalfEven(frame.width * factor))
  const height = Math.max(1, roundHalfEven(frame.height * factor))
  checkPixels(width, height, context)
  return resizeFrame(frame, width, height, method)
}
