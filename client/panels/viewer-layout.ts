/** How two pictures are compared. */
export const COMPARE_MODES = ['slider', 'sides', 'flip', 'difference', 'loupe'] as const
export type CompareMode = (typeof COMPARE_MODES)[number]

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Box {
  readonly left: number
  readonly top: number
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

/** Whether a point of the frame is over the first of two pictures that lie side by side. */
export function isOverFirst(frame: Size, { mode, isCompared }: View, x: number): boolean {
  return isCompared && mode === 'sides' && x < frame.width / 2
}

/**
 * Zooms so that what is under a point of the frame stays there.
 * @param point in CSS pixels from the left top corner of the frame
 * @param limits of the zoom, in CSS pixels per pixel; where the picture fits it stays fitted
 */
export function zoomedAbout(
  frame: Size,
  picture: Size,
  view: View,
  [x, y]: readonly [number, number],
  factor: number,
  { least, most }: { readonly least: number; readonly most: number },
): View {
  const fitted = fittedScale(frame, picture, view)
  const zoom = clamp((view.zoom ?? fitted) * factor, Math.min(fitted, least), most)
  if (Math.abs(zoom / fitted - 1) < SAME_ZOOM) return { ...view, zoom: undefined, center: MIDDLE }
  const { before, after, top, width, height } = layoutPictures(frame, picture, view)
  const isFirst = isOverFirst(frame, view, x)
  const place = placeWidth(frame, view.mode, view.isCompared)
  const middle = isFirst || place === frame.width ? place / 2 : place * 1.5
  const at = [(x - (isFirst ? before : after)) / width, (y - top) / height] as const
  const center = [
    clamp(at[0] + (middle - x) / (picture.width * zoom), 0, 1),
    clamp(at[1] + (frame.height / 2 - y) / (picture.height * zoom), 0, 1),
  ] as const
  return { ...view, zoom, center }
}

/** Moves the pictures by so many CSS pixels. */
export function movedBy(frame: Size, picture: Size, view: View, [x, y]: readonly [number, number]): View {
  const { width, height } = layoutPictures(frame, picture, view)
  return { ...view, center: [clamp(view.center[0] - x / width, 0, 1), clamp(view.center[1] - y / height, 0, 1)] }
}

/** Which split puts the divider under a point of the frame: 0..100 of what is seen of the pictures. */
export function splitAt({ start, wide }: Layout, x: number): number {
  return clamp(((x - start) / wide) * 100, 0, 100)
}

/** The middle of a picture, in fractions of it. */
export const MIDDLE = [0.5, 0.5] as const
/** Zooms that differ by a smaller part are the same. */
const SAME_ZOOM = 0.001

/** Shapes that differ by less are the same, but for whole pixels. */
const SAME_SHAPE = 0.01

/** How two pictures are compared unless the person says: of another shape, one does not show the same place as the other. */
export function modeFor(before: Size, after: Size): CompareMode {
  return isOfOneShape(before, after) ? 'slider' : 'sides'
}

/** Where a picture lies in a box: in all of it, or in its middle where it is of another shape. */
export function fitInside(box: Box, picture: Size): Box {
  if (isOfOneShape(picture, box)) return box
  const scale = Math.min(box.width / picture.width, box.height / picture.height)
  const [width, height] = [picture.width * scale, picture.height * scale]
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height }
}

/** One of which nothing is known yet is taken for one. */
function isOfOneShape(one: Size, other: Size): boolean {
  const shape = (one.width * other.height) / (one.height * other.width)
  // Of a picture that is not known yet the shape is not a number.
  return !(Math.abs(shape - 1) > SAME_SHAPE)
}

/** The pixel of a picture in a box that lies at a place of the box, given as fractions. */
export function pixelAt(at: readonly [number, number], box: Size, picture: Size): [number, number] {
  const inside = fitInside({ left: 0, top: 0, width: box.width, height: box.height }, picture)
  return [
    Math.floor(((at[0] * box.width - inside.left) * picture.width) / inside.width),
    Math.floor(((at[1] * box.height - inside.top) * picture.height) / inside.height),
  ]
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
