import { checkPixels } from './checks.ts'
import type { RunContext } from './context.ts'
import { type ResizeMethod, resizeFrame } from './resize.ts'
import type { Frame } from './values.ts'

/** Scales both sides by a factor, rounded to whole pixels, at least 1. @throws RestorationError `image_too_large` */
export async function scaleFrameBy(
  frame: Frame,
  factor: number,
  method: ResizeMethod,
  context: Pick<RunContext, 'maxPixels'>,
): Promise<Frame> {
  const width = Math.max(1, Math.round(frame.width * factor))
  const height = Math.max(1, Math.round(frame.height * factor))
  checkPixels(width, height, context)
  return resizeFrame(frame, width, height, method)
}
