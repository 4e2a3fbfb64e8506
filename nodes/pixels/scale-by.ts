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
    `a scale of at most ${largestScale(frames, limits.maxPixels)}`,
  )
}

/** To two places, though both sides be rounded up: the root of (w s + ½)(h s + ½) = most, for each picture. */
function largestScale(frames: readonly Frame[], most: number): number {
  const scales = frames.map(({ width, height }) => {
    const [area, half] = [width * height, (width + height) / 2]
    return (Math.sqrt(half ** 2 + 4 * area * (most - 0.25)) - half) / (2 * area)
  })
  return Math.floor(Math.min(...scales) * 100) / 100
}

function scaledSize({ width, height }: Frame, factor: number): Pick<Frame, 'width' | 'height'> {
  const scaled = (side: number) => Math.max(1, roundHalfEven(side * factor))
  return { width: scaled(width), height: scaled(height) }
}
