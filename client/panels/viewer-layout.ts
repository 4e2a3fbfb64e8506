/** How two pictures are compared. */
export const COMPARE_MODES = ['slider', 'sides', 'flip', 'difference', 'loupe'] as const
export type CompareMode = (typeof COMPARE_MODES)[number]

export interface Size {
  readonly width: number
  readonly height: number
}

export interface View {
  readonly mode: CompareMode
  readonly isCompared: boolean
  /** CSS pixels per pixel of the picture; undefined fits it into its place. */
  readonly zoom: number | undefined
  /** What is in the middle, as fractions of the picture. */
  readonly center: readonly [x: number, y: number]
  /** Part that shows the first picture, 0..100; while flipped back and forth 0 or 100. */
  readonly split: number
}

export interface Layout {
  readonly scale: number
  /** Size of each picture in CSS pixels. */
  readonly width: number
  readonly height: number
  readonly top: number
  /** Left edges in the frame. */
  readonly before: number
  readonly after: number
  /** From where on the second picture is shown, and up to where the first, in CSS pixels from the left. */
  readonly edge: number
  /** What of the pictures is inside the frame, from the left. */
  readonly start: number
  readonly wide: number
}

/** The scale at which a picture just fits; side by side each has half of the frame. */
export function fittedScale(frame: Size, picture: Size, { mode, isCompared }: View): number {
  return Math.min(placeWidth(frame, mode, isCompared) / picture.width, frame.height / picture.height)
}

/** Puts both pictures so that they always show the same place: one above the other, or each in its half. */
export function layoutPictures(frame: Size, picture: Size, view: View): Layout {
  const { mode, isCompared, zoom, center, split } = view
  const scale = zoom ?? fittedScale(frame, picture, view)
  const [width, height] = [picture.width * scale, picture.height * scale]
  const place = placeWidth(frame, mode, isCompared)
  const left = offset(place, width, center[0])
  const top = offset(frame.height, height, center[1])
  const start = Math.max(0, left)
  const wide = Math.min(place, width)
  if (place < frame.width) {
    return { scale, width, height, top, before: left, after: place + left, edge: place, start, wide }
  }
  const shown = mode === 'difference' ? 100 : mode === 'loupe' ? 0 : split
  const edge = isCompared ? start + (wide * shown) / 100 : 0
  return { scale, width, height, top, before: left, after: left, edge, start, wide }
}

function placeWidth(frame: Size, mode: CompareMode, isCompared: boolean): number {
  return isCompared && mode === 'sides' ? frame.width / 2 : frame.width
}

/** In the middle where it is smaller than its place; else so that no border shows. */
function offset(place: number, length: number, center: number): number {
  return length <= place ? (place - length) / 2 : clamp(place / 2 - center * length, place - length, 0)
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
