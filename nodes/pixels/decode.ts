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

/** For people: what of a file could not be read, or was left out; mostly nothing. */
export interface Noted {
  readonly notes: readonly string[]
}

/**
 * Decodes the first picture of a file, of a damaged one what is there. Its size is checked on the header, before a pixel is decoded.
 * @param name how to call the file in errors
 * @throws RestorationError `image_unreadable`, `image_too_large`
 */
export async function decodeImage(bytes: Uint8Array, name: string, maxPixels: number): Promise<DecodedImage & Noted> {
  const { images, notes } = await picturesIn(bytes, name, maxPixels, { most: 1 })
  return { ...images[0]!, notes }
}

/**
 * Decodes every picture of a file: the frames of a GIF or WebP, the pages of a TIFF but for previews of its first. Together they may
 * have `maxPixels`; `signal` stops between two.
 * @throws as decodeImage
 */
export function decodeImages(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  signal: AbortSignal,
): Promise<{ readonly images: readonly DecodedImage[] } & Noted> {
  return picturesIn(bytes, name, maxPixels, { signal })
}

/** What is read; all else that libvips knows draws (SVG) or is not a photograph's. */
const FORMATS: readonly string[] = ['jpeg', 'png', 'webp', 'tiff', 'heif', 'gif']

/** Those whose pages are frames of one size, each drawn over the one before. */
const ANIMATED: readonly string[] = ['gif', 'webp']

/** Those whose pages are pictures; a HEIF's are parts of one, or previews. */
const PAGED: readonly string[] = [...ANIMATED, 'tiff']

async function picturesIn(
  bytes: Uint8Array,
  name: string,
  maxPixels: number,
  { most = Number.POSITIVE_INFINITY, signal }: { readonly most?: number; readonly signal?: AbortSignal },
): Promise<{ readonly images: readonly DecodedImage[] } & Noted> {
  const small = decodeSmallPng(bytes)
  if (small !== undefined) {
    refuseLarge(small, 1, name, maxPixels)
    return { images: [toImage(small)], notes: [] }
  }
  const first = await readHeader(bytes, name)
  const { width, height, format, orientation = UPRIGHT } = first
  const pages = Math.min(most, PAGED.includes(format) ? (first.pages ?? 1) : 1)
  const images: DecodedImage[] = []
  // Asked for one frame, libvips draws all before it too; asked for several, it cannot turn them.
  if (pages > 1 && ANIMATED.includes(format) && orientation === UPRIGHT) {
    refuseLarge(first, pages, name, maxPixels)
    const { frame: strip, damage } = await decodePixels(bytes, name, first, { pages })
    for (let page = 0; page < pages; page++) {
      await setImmediate()
      signal?.throwIfAborted()
      images.push(toImage(cropFrame(strip, 0, page * height, width, height)))
    }
    return { images, notes: damage === undefined ? [] : [damage] }
  }
  const notes: string[] = []
  let pixels = 0
  let previews = 0
  for (let page = 0; page < pages; page++) {
    signal?.throwIfAborted()
    const which = page === 0 ? MAIN : { page }
    const header = page === 0 ? first : await readHeader(bytes, name, which)
    if (page > 0 && isPreviewOf(first, header)) {
      previews++
      continue
    }
    pixels += header.width * header.height
    refusePixels(pixels, page === 0 ? sizeOf(first) : `${images.length + 1} pictures`, name, maxPixels)
    const { frame, damage } = await decodePixels(bytes, name, header, which)
    if (damage !== undefined) notes.push(pages === 1 ? damage : `picture ${page + 1}: ${damage}`)
    images.push(toImage(frame))
  }
  if (previews > 0)
    notes.push(`${previews} of ${pages} pictures ${previews === 1 ? 'is a preview' : 'are previews'}, left out`)
  return { images, notes }
}

interface Size {
  readonly width: number
  readonly height: number
}

/** Whether a page is the first one made half as large or smaller, or has less than a sixteenth of its pixels. */
function isPreviewOf({ width, height }: Size, page: Size): boolean {
  if (16 * page.width * page.height < width * height) return true
  const isHalf = page.width <= width / 2 + 1 && page.height <= height / 2 + 1
  // Each side may be rounded either way.
  return isHalf && Math.abs(page.width * height - page.height * width) <= width + height
}

/** Of Exif's orientations, the one that needs no turning. */
const UPRIGHT = 1

/** @throws RestorationError `image_unreadable` for a file of a kind that is not read, whatever libvips makes of it */
export function refuseForeign({ format }: Pick<Metadata, 'format'>, name: string): void {
  if (!FORMATS.includes(format)) throw unreadable(name, `its format is ${format}`)
}

/** @throws RestorationError `image_too_large` */
export function refuseLarge(size: Size, count: number, name: string, maxPixels: number): void {
  const what = `${sizeOf(size)}${count === 1 ? '' : `, ${count} times`}`
  refusePixels(count * size.width * size.height, what, name, maxPixels)
}

function sizeOf({ width, height }: Size): string {
  return `${width} × ${height}`
}

function refusePixels(pixels: number, what: string, name: string, maxPixels: number): void {
  if (pixels <= maxPixels) return
  throw new RestorationError(
    'image_too_large',
    `Expected '${name}' to have at most ${inWords(maxPixels)} but it has ${inWords(pixels)} (${what}).`,
    'Make the picture smaller, or allow more with --max-pixels.',
  )
}

async function readHeader(bytes: Uint8Array, name: string, which: Pages = MAIN): Promise<Metadata> {
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

/** One page, or so many from the first on, one below the other. */
type Pages = Pick<SharpOptions, 'page' | 'pages'>

/** The first page, of a HEIF the picture that it names as the primary one: sharp looks for that only where no page is asked for. */
const MAIN: Pages = {}

/** @returns what is there of it, and where that is not all, what is wrong with it */
async function decodePixels(
  bytes: Uint8Array,
  name: string,
  header: Metadata,
  which: Pages,
): Promise<{ readonly frame: Frame; readonly damage?: string }> {
  const file = header.format === 'jpeg' ? Buffer.concat([bytes, END_OF_JPEG]) : bytes
  try {
    return { frame: await samplesAt(file, header, { ...which, failOn: strictness(header.format) }) }
  } catch (error) {
    const damage = await damageOf(file, which, error)
    if (damage === undefined) throw unreadable(name, error)
    return { frame: await samplesAt(file, header, { ...which, failOn: 'none' }), damage }
  }
}

/** A JPEG that lacks no more than its last two bytes is whole with these; another ends before them. */
const END_OF_JPEG = Uint8Array.of(0xff, 0xd9)

/**
 * How much libvips may overlook. Less strict than 'error' it makes black of a TIFF whose compression it does not know. What it warns of is
 * missing data in a JPEG, and a strange tag in others.
 */
const strictness = (format: Metadata['format']) => (format === 'jpeg' ? 'warning' : 'error')

/**
 * What is wrong with a file that libvips refused with an error; undefined where nothing of it can be read. What was not is of one colour: grey
 * in a JPEG, else black.
 */
async function damageOf(file: Uint8Array, which: Pages, error: unknown): Promise<string | undefined> {
  const decoded = await sharp(file, { limitInputPixels: false, failOn: 'none', ...which })
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(() => undefined)
  if (decoded === undefined) return undefined
  const { data, info } = decoded
  const missing = flatLines(data, info.width * info.channels, info.channels)
  if (missing === info.height) return undefined
  const percent = Math.ceil((100 * missing) / info.height)
  const lost = missing === 0 ? 'it was read as far as it can be' : `nothing of its last ${percent} % could be read`
  return `the file is damaged (${reasonOf(error)}): ${lost}`
}

/** How many lines at the end have everywhere the colour of the last pixel. */
function flatLines(samples: Uint8Array, line: number, channels: number): number {
  const last = samples.length - channels
  let at = samples.length - 1
  while (at >= 0 && samples[at] === samples[last + (at % channels)]) at--
  return Math.floor((samples.length - 1 - at) / line)
}

async function samplesAt(bytes: Uint8Array, { depth, space, icc }: Metadata, options: SharpOptions): Promise<Frame> {
  // libvips brings CMYK to RGB with 8 bits, however many it has.
  const deep = depth === 'ushort' && space !== 'cmyk'
  const deepSpace = space === 'grey16' ? 'grey16' : 'rgb16'
  const pipeline = sharp(bytes, { limitInputPixels: false, ...options })
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
  return new RestorationError(
    'image_unreadable',
    `Expected '${name}' to be a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but it cannot be read: ${reasonOf(cause)}.`,
    'Check that the file is complete and that its content is a picture; save it again as PNG or JPEG.',
    { cause },
  )
}

/** The first of its lines, without the name of a loader. */
function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.replace(/^\w*vips\w*: /i, '')
}
