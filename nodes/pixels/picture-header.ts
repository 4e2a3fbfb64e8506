import sharp, { type Metadata, type SharpOptions } from 'sharp'
import { inWords } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Size } from '../sdk/turned-size.ts'

/** One page, or so many from the first on, one below the other. */
export type Pages = Pick<SharpOptions, 'page' | 'pages'>

/** The first page, of a HEIF the picture that it names as the primary one: sharp looks for that only where no page is asked for. */
export const MAIN: Pages = {}

/** What is read; all else that libvips knows draws (SVG) or is not a photograph's. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'heif', 'gif']

/**
 * What a picture says before its pixels.
 * @param name how to call the file in errors
 * @throws RestorationError `image_unreadable`
 */
export async function readHeader(bytes: Uint8Array, name: string, which: Pages = MAIN): Promise<Metadata> {
  let header: Metadata
  try {
    header = await sharp(bytes, { limitInputPixels: false, failOn: 'none', ...which }).metadata()
  } catch (error) {
    throw unreadable(name, error)
  }
  refuseForeign(header, name)
  if (header.depth !== 'uchar' && header.depth !== 'ushort')
    throw unreadable(name, `its samples are of type ${header.depth}, not of 8 or 16 bits`)
  return header
}

/** @throws RestorationError `image_unreadable` for a file of a kind that is not read, whatever libvips makes of it */
export function refuseForeign({ format }: Pick<Metadata, 'format'>, name: string): void {
  if (!FORMATS.includes(format)) throw unreadable(name, `its format is ${format}`)
}

/** @throws RestorationError `image_too_large` */
export function refuseLarge(size: Size, count: number, name: string, maxPixels: number): void {
  const what = `${sizeOf(size)}${count === 1 ? '' : `, ${count} times`}`
  refusePixels(count * size.width * size.height, what, name, maxPixels)
}

/**
 * @param what the sizes that make up so many pixels, for people
 * @throws RestorationError `image_too_large`
 */
export function refusePixels(pixels: number, what: string, name: string, maxPixels: number): void {
  if (pixels <= maxPixels) return
  throw new RestorationError(
    'image_too_large',
    `Expected '${name}' to have at most ${inWords(maxPixels)} but it has ${inWords(pixels)} (${what}).`,
    'Make the picture smaller, or allow more with --max-pixels.',
  )
}

export function sizeOf({ width, height }: Size): string {
  return `${width} × ${height}`
}

/** @param cause why, as an error or in words */
export function unreadable(name: string, cause: unknown): RestorationError {
  return new RestorationError(
    'image_unreadable',
    `Expected '${name}' to be a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but it cannot be read: ${reasonsOf(cause)[0]}.`,
    'Check that the file is complete and that its content is a picture; save it again as PNG or JPEG.',
    { cause },
  )
}

/** What sharp says where no loader of libvips knows the content. */
const UNKNOWN_CONTENT = /^Input (buffer|file) contains unsupported image format$/

/** What libvips complains of, the first first, without the names of its loaders. */
export function reasonsOf(cause: unknown): readonly string[] {
  const text = cause instanceof Error ? cause.message : String(cause)
  const lines = text.split('\n').map((line) => line.replace(/^\w*vips\w*: /i, ''))
  return lines.map((line) => line.replace(UNKNOWN_CONTENT, 'it is no picture, or of another format'))
}
