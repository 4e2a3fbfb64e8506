import { resample } from '../pixels/resample.ts'
import { PILLOW_CUBIC } from '../pixels/resample-taps.ts'
import { cropFrame } from '../pixels/tiles.ts'
import { checkPixels } from '../sdk/checks.ts'
import type { RunContext } from '../sdk/context.ts'
import type { Frame } from '../sdk/values.ts'

export const FITS = ['auto', 'whole', 'resize', 'resize and crop', 'crops'] as const

export type Fit = (typeof FITS)[number]

interface Size {
  readonly width: number
  readonly height: number
}

type Limits = Pick<RunContext, 'maxPixels'>

/**
 * What of a frame the network gets to see, one picture after the other:
 * whole: the frame as it is; resize: stretched to the size; resize and crop: the middle, after the frame was scaled to
 * just cover the size (as classifiers see it); crops: up to `count` windows of the frame's own pixels, evenly spread.
 * @throws RestorationError `image_too_large` when the frame would have to be scaled to more pixels than may be made
 */
export async function viewsOf(
  frame: Frame,
  fit: Exclude<Fit, 'auto'>,
  size: Size,
  count: number,
  limits: Limits,
): Promise<readonly Frame[]> {
  switch (fit) {
    case 'whole':
      return [frame]
    case 'resize':
      return [await scaled(frame, size, limits)]
    case 'resize and crop':
      return [cropTo(await scaled(frame, covering(frame, size), limits), size, { x: 0.5, y: 0.5 })]
    case 'crops': {
      const source =
        frame.width < size.width || frame.height < size.height
          ? await scaled(frame, covering(frame, size), limits)
          : frame
      return cropPlaces(source, size, count).map((place) => cropTo(source, size, place))
    }
  }
}

/** Where windows lie between the first (0) and the last (1) place, row by row; no more than cover the frame. */
export function cropPlaces(
  frame: Size,
  size: Size,
  count: number,
): readonly { readonly x: number; readonly y: number }[] {
  let columns = Math.ceil(frame.width / size.width)
  let rows = Math.ceil(frame.height / size.height)
  // One window less where windows are closest to each other.
  while (columns * rows > count) {
    if (rows === 1 || (columns > 1 && columns / frame.width >= rows / frame.height)) columns--
    else rows--
  }
  const along = (places: number) => Array.from({ length: places }, (_, i) => (places === 1 ? 0.5 : i / (places - 1)))
  return along(rows).flatMap((y) => along(columns).map((x) => ({ x, y })))
}

function cropTo(frame: Frame, { width, height }: Size, place: { readonly x: number; readonly y: number }): Frame {
  const left = Math.round((frame.width - width) * place.x)
  const top = Math.round((frame.height - height) * place.y)
  return cropFrame(frame, left, top, width, height)
}

/** The smallest size of the frame's ratio that holds `size`. */
function covering(frame: Size, size: Size): Size {
  const scale = Math.max(size.width / frame.width, size.height / frame.height)
  return {
    width: Math.max(size.width, Math.round(frame.width * scale)),
    height: Math.max(size.height, Math.round(frame.height * scale)),
  }
}

async function scaled(frame: Frame, { width, height }: Size, limits: Limits): Promise<Frame> {
  if (width === frame.width && height === frame.height) return frame
  checkPixels(width, height, limits)
  return resample(frame, width, height, PILLOW_CUBIC)
}
