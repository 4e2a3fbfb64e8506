import type { PictureSize } from './scaled-size.ts'

/** Whole pixels, from the left top corner of a picture. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** As wide and high, a rectangle takes all up to the edges, however large the picture is. */
export const ALL = 16384

/** What of a rectangle lies in a picture; of one beside it one pixel at the edge, as ComfyUI crops. */
export function rectangleIn(picture: PictureSize, { x, y, width, height }: Rectangle): Rectangle {
  const left = Math.min(x, picture.width - 1)
  const top = Math.min(y, picture.height - 1)
  const isAll = Math.min(width, height) >= ALL
  return {
    x: left,
    y: top,
    width: isAll ? picture.width - left : Math.min(width, picture.width - left),
    height: isAll ? picture.height - top : Math.min(height, picture.height - top),
  }
}
