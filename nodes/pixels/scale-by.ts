import { checkBatch } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import type { Frame } from '../sdk/values.ts'
import { type ResizeMethod, resizeFrame } from './resize.ts'
import { roundHalfEven } from './round-half-even.ts'

/** Scales both sides by a factor, rounded to whole pixels (halves to even), at least 1. */
export async function scaleFrameBy(frame: Frame, factor: number, method: ResizeMethod): Promise<Frame> {
  const { width, height } = scaledSize(frame, factor)
  return resizeFrame(frame, width, height, method)
}

/** Checks the pictures of a batch as they will be, before the first is made. @throws RestorationError `image_too_large` */
export function checkScaled(frames: readonly Frame[], factor: number, limits: Pick<RunContext, 'maxPixels'>): void {
  checkBatch(
    frames.map((frame) => ({ ...scaledSize(frame, factor), sampleBytes: frame.data.BYTES_PER_ELEMENT })),
    limits,
  )
}

function scaledSize({ width, height }: Frame, factor: number): Pick<Frame, 'width' | 'height'> {
  const scaled = (side: number) => Math.max(1, roundHalfEven(side * factor))
  return { width: scaled(width), height: scaled(height) }
}
