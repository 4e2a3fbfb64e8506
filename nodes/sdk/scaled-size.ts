import { roundHalfEven } from './round-half-even.ts'

export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** Both sides scaled by a factor, rounded to whole pixels (halves to even), at least 1. */
export function scaledSize({ width, height }: PictureSize, factor: number): PictureSize {
  const scaled = (side: number) => Math.max(1, roundHalfEven(side * factor))
  return { width: scaled(width), height: scaled(height) }
}

/**
 * The scale that no picture may exceed where each may have `most` pixels afterwards, to two places.
 * To be kept though both sides be rounded up: the root of (w s + ½)(h s + ½) = most, for each picture.
 */
export function largestScale(sizes: readonly PictureSize[], most: number): number {
  const scales = sizes.map(({ width, height }) => {
    const [area, half] = [width * height, (width + height) / 2]
    return (Math.sqrt(half ** 2 + 4 * area * (most - 0.25)) - half) / (2 * area)
  })
  return Math.floor(Math.min(...scales) * 100) / 100
}
