import type { PictureSize } from './scaled-size.ts'

/** Whole pixels, from the left top corner of a picture. */
export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** As wide or high, a rectangle reaches to the edge, however large the picture is. */
export const TO_THE_EDGE = 16384

/** What of a rectangle lies in a picture; of one beside it one pixel at the edge, as ComfyUI crops. */
export function rectangleIn(picture: PictureSize, { x, y, width, height }: Rectangle): Rectangle {
  const left = Math.min(x, picture.width - 1)
  const top = Math.min(y, picture.height - 1)
  return {
    x: left,
    y: top,
    width: upTo(width, picture.width - left),
    height: upTo(height, picture.height - top),
  }
}

function upTo(wanted: number, most: number): number {
  return wanted >= TO_THE_EDGE ? most : Math.min(wanted, most)
}
