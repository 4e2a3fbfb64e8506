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

/** What a parameter that scales can be set to. */
export interface ScaleRange {
  readonly min: number
  readonly max: number
  readonly step: number
}

/**
 * The largest scale that a parameter can be set to where each picture may have `most` pixels afterwards; undefined where
 * even the least is too much. It is kept though both sides be rounded up, the root of (w s + ½)(h s + ½) = most for each
 * picture, or further on where they are not.
 */
export function largestScale(
  sizes: readonly PictureSize[],
  most: number,
  { min, max, step }: ScaleRange,
): number | undefined {
  const scales = sizes.map(({ width, height }) => {
    const [area, half] = [width * height, (width + height) / 2]
    return (Math.sqrt(half ** 2 + 4 * area * (most - 0.25)) - half) / (2 * area)
  })
  // A parameter that is a scale among other things may be less.
  const least = Math.max(0, min)
  const after = (steps: number) => Number((least + steps * step).toFixed(6))
  const isAllowed = (scale: number) => scale <= max && sizes.every((size) => areaOf(scaledSize(size, scale)) <= most)
  let steps = Math.floor((Math.min(max, ...scales) - least) / step + 1e-9)
  while (isAllowed(after(steps + 1))) steps++
  const scale = after(steps)
  return scale > 0 && scale >= least ? scale : undefined
}

function areaOf({ width, height }: PictureSize): number {
  return width * height
}
