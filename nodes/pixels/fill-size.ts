import { roundHalfEven } from '../sdk/round-half-even.ts'
import type { Frame } from '../sdk/values.ts'
import { type ResizeMethod, resizeFrame } from './resize.ts'
import { cropFrame } from './tiles.ts'

/** Scales the largest centred rectangle of the new ratio to the size (comfy/utils.py, common_upscale with crop center). */
export function fillSize(frame: Frame, width: number, height: number, method: ResizeMethod): Promise<Frame> {
  return resizeFrame(cropToRatio(frame, width / height), width, height, method)
}

function cropToRatio(frame: Frame, ratio: number): Frame {
  const own = frame.width / frame.height
  const x = own > ratio ? margin(frame.width, ratio / own) : 0
  const y = own < ratio ? margin(frame.height, own / ratio) : 0
  return cropFrame(frame, x, y, frame.width - 2 * x, frame.height - 2 * y)
}

/** What goes on either side; at least a pixel is left. */
function margin(length: number, share: number): number {
  return Math.min(Math.floor((length - 1) / 2), roundHalfEven((length - length * share) / 2))
}
