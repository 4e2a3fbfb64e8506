import { setImmediate } from 'node:timers/promises'
import sharp, { type Metadata, type SharpOptions } from 'sharp'
import { inWords } from '../sdk/checks.ts'
import { RestorationError } from '../sdk/error.ts'
import type { Frame } from '../sdk/values.ts'
import { decodeSmallPng } from './png-decode.ts'
import { viewAs } from './raw.ts'
import { toDepth } from './samples.ts'
import { cropFrame } from './tiles.ts'

export interface DecodedImage {
  /** RGB, upright; 16-bit files stay uint16. */
  readonly frame: Frame
  /** 1 − alpha as one float channel, where the file has an alpha channel. */
  readonly mask?: Frame
}

/**
 * Decodes the first picture of a file. Its size is checked on the header, before a pixel is decoded.
 * @param name how to call the file in errors
 * @throws RestorationError `image_unreadable`, `image_too_large`
 */
export async function decodeImage(bytes: Uint8Array, name: string, maxPixels: number): Promise<DecodedImage> {
  for await (const image of imagesIn(bytes, name, maxPixels, { most: 1 })) return image
  throw unreadable(name, 'it holds no picture')
}

/**
 * Decodes every picture of a file: the frames of a GIF or WebP, the pages of a TIFF that are as large as its first (a page of
 * another size is a preview, most of the time). Together they may have `maxPixels`; `signal` stops between two.
 * @throws as decodeImage
 */
export async function decodeImages(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  signal: AbortSignal,
): Promise<DecodedImage[]> {
  const images = []
  for await (const image of imagesIn(bytes, name, maxPixels, { signal })) images.push(image)
  return images
}

/** What is read; all else that libvips knows draws (SVG) or is not a photograph's. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'heif', 'gif']

/** Those whose pages are frames of one size, each drawn over the one before. */
const ANIMATED: readonly string[] = ['gif', 'webp']

/** Those whose pages are pictures; a HEIF's are parts of one, or previews. */
const PAGED: readonly string[] = [...ANIMATED, 'tiff']

async function* imagesIn(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  { most = Number.POSITIVE_INFINITY, signal }: { readonly most?: number; readonly signal?: AbortSignal },
): AsyncGenerator<DecodedImage> {
  const small = decodeSmallPng(bytes)
  if (small !== undefined) {
    refuseLarge(small, 1, name, maxPixels)
    yield toImage(small)
    return
  }
  const first = await readHeader(bytes, name)
  const { width, height, format, orientation = UPRIGHT } = first
  const pages = Math.min(most, PAGED.includes(format) ? (first.pages ?? 1) : 1)
  // Asked for one frame, libvips draws all before it too; asked for several, it cannot turn them.
  if (pages > 1 && ANIMATED.includes(format) && orientation === UPRIGHT) {
    refuseLarge(first, pages, name, maxPixels)
    const strip = await decodePixels(bytes, name, first, { pages })
    for (let page = 0; page < pages; page++) {
      await setImmediate()
      signal?.throwIfAborted()
      yield toImage(cropFrame(strip, 0, page * height, width, height))
    }
    return
  }
  let count = 0
  for (let page = 0; page < pages; page++) {
    signal?.throwIfAborted()
    const which = page === 0 ? MAIN : { page }
    const header = page === 0 ? first : await readHeader(bytes, name, which)
    if (header.width !== width || header.height !== height) continue
    refuseLarge(first, ++count, name, maxPixels)
    yield toImage(await decodePixels(bytes, name, header, which))
  }
}

/** Of Exif's orientations, the one that needs no turning. */
const UPRIGHT = 1

/** @throws RestorationError `image_unreadable` for a file of a kind that is not read, whatever libvips makes of it */
export function refuseForeign({ format }: Pick<Metadata, 'format'>, name: string): void {
  if (!FORMATS.includes(format)) throw unreadable(name, `its format is ${format}`)
}

/** @throws RestorationError `image_too_large` */
export function refuseLarge(
  { width, height }: Pick<Frame, 'width' | 'height'>,
  count: number,
  name: string,
  maxPixels: number,
): void {
  const pixels = count * width * height
  if (pixels <= maxPixels) return
  const size = `${width} × ${height}${count === 1 ? '' : `, ${count} times`}`
  throw new RestorationError(
    'image_too_large',
    `Expected '${name}' to have at most ${inWords(maxPixels)} but it has ${inWords(pixels)} (${size}).`,
    'Make the picture smaller, or allow more with --max-pixels.',
  )
}

async function readHeader(bytes: Uint8Array, name: string, which: Pages = MAIN): Promise<Metadata> {
  let header: Metadata
  try {
    header = await sharp(bytes, { limitInputPixels: false, ...which }).metadata()
  } catch (error) {
    throw unreadable(name, error)
  }
  refuseForeign(header, name)
  if (header.depth !== 'uchar' && header.depth !== 'ushort')
    throw unreadable(name, `its samples are of type ${header.depth}, not of 8 or 16 bits`)
  return header
}

/** One page, or so many from the first on, one below the other. */
type Pages = Pick<SharpOptions, 'page' | 'pages'>

/** The first page, of a HEIF the picture that it names as the primary one: sharp looks for that only where no page is asked for. */
const MAIN: Pages = {}

async function decodePixels(bytes: Uint8Array, name: string, header: Metadata, which: Pages): Promise<Frame> {
  try {
    return await samplesAt(bytes, header, which)
  } catch (error) {
    throw unreadable(name, error)
  }
}

async function samplesAt(bytes: Uint8Array, { depth, space, icc }: Metadata, which: Pages): Promise<Frame> {
  // libvips brings CMYK to RGB with 8 bits, however many it has.
  const deep = depth === 'ushort' && space !== 'cmyk'
  const deepSpace = space === 'grey16' ? 'grey16' : 'rgb16'
  const pipeline = sharp(bytes, { limitInputPixels: false, failOn: 'truncated', ...which })
    .autoOrient()
    .toColourspace(deep ? deepSpace : 'srgb')
  // Of 16 bits with a profile sharp brings colours to Display P3 and leaves greys: only a profile for the output takes both to sRGB.
  if (icc !== undefined && space === deepSpace) pipeline.withIccProfile('srgb', { attach: false })
  const { data, info } = await pipeline.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { width, height, channels, data: viewAs(deep ? 'uint16' : 'uint8', data) }
}

/** The colours of a decoded picture as RGB, its alpha as a mask. */
function toImage(decoded: Frame): DecodedImage {
  const { width, height, channels } = decoded
  if (channels === 3) return { frame: decoded }
  const { colour, alpha } = splitAlpha(decoded.data, channels)
  const frame: Frame = { width, height, channels: 3, data: colour }
  if (alpha === undefined) return { frame }
  const mask = toDepth({ width, height, channels: 1, data: alpha }, 'float32')
  return { frame, mask: { ...mask, data: mask.data.map((value) => 1 - value) } }
}

function splitAlpha(samples: Frame['data'], channels: number): { colour: Frame['data']; alpha?: Frame['data'] } {
  const count = samples.length / channels
  const make = (length: number) => (samples instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length))
  const colour = make(count * 3)
  const alpha = channels % 2 === 0 ? make(count) : undefined
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) colour[i * 3 + c] = samples[i * channels + (channels > 2 ? c : 0)]!
    if (alpha !== undefined) alpha[i] = samples[i * channels + channels - 1]!
  }
  return alpha === undefined ? { colour } : { colour, alpha }
}

/** @param cause why, as an error or in words */
export function unreadable(name: string, cause: unknown): RestorationError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  return new RestorationError(
    'image_unreadable',
    `Expected '${name}' to be a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but it cannot be read: ${reason}.`,
    'Check that the file is complete and that its content is a picture; save it again as PNG or JPEG.',
    { cause },
  )
}
