import { checkBatch } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import { largestScale, type ScaleRange, scaledSize } from '../sdk/scaled-size.ts'
import type { Frame } from '../sdk/values.ts'
import { type ResizeMethod, resizeFrame } from './resize.ts'

/** Scales both sides by a factor: see scaledSize. */
export async function scaleFrameBy(frame: Frame, factor: number, method: ResizeMethod): Promise<Frame> {
  const { width, height } = scaledSize(frame, factor)
  return resizeFrame(frame, width, height, method)
}

/**
 * Checks the pictures of a batch as they will be, before the first is made.
 * @param range of the parameter that scales, where there is one
 * @throws RestorationError `image_too_large`
 */
export function checkScaled(
  frames: readonly Frame[],
  factor: number,
  limits: Pick<RunContext, 'maxPixels'>,
  range?: ScaleRange,
): void {
  const largest = range && largestScale(frames, limits.maxPixels, range)
  checkBatch(
    frames.map((frame) => ({ ...scaledSize(frame, factor), sampleBytes: frame.data.BYTES_PER_ELEMENT })),
    limits,
    largest === undefined ? 'a smaller picture' : `a scale of at most ${largest}`,
  )
}
