import type { Metadata } from 'sharp'
import type { Size } from '../sdk/turned-size.ts'

/** Those whose pages are frames of one size, each drawn over the one before. */
const ANIMATED: readonly string[] = ['gif', 'webp']

/** Those whose pages are pictures; a HEIF's are parts of one, or previews. */
const PAGED: readonly string[] = [...ANIMATED, 'tiff']

/** Of Exif's orientations, the one that needs no turning. */
export const UPRIGHT = 1

/** How many pages may be pictures. */
export function countPages({ format, pages = 1 }: Pick<Metadata, 'format' | 'pages'>): number {
  return PAGED.includes(format) ? pages : 1
}

/**
 * Whether several pages are best read as one strip. Asked for one frame, libvips draws all before it too; asked for several, it
 * cannot turn them.
 */
export function isStrip({ format, orientation = UPRIGHT }: Pick<Metadata, 'format' | 'orientation'>): boolean {
  return ANIMATED.includes(format) && orientation === UPRIGHT
}

/** Whether a page is the first one made half as large or smaller, or has less than a sixteenth of its pixels. */
export function isPreviewOf({ width, height }: Size, page: Size): boolean {
  if (16 * page.width * page.height < width * height) return true
  const isHalf = page.width <= width / 2 + 1 && page.height <= height / 2 + 1
  // Each side may be rounded either way.
  return isHalf && Math.abs(page.width * height - page.height * width) <= width + height
}
