import { setImmediate } from 'node:timers/promises'
import sharp, { type Metadata, type SharpOptions } from 'sharp'
import type { Frame } from '../sdk/values.ts'
import { damageOf, missingLines } from './damage.ts'
import { type DecodedImage, toImage } from './decoded-image.ts'
import { withEnd } from './file-end.ts'
import { countPages, isPreviewOf, isStrip } from './pages.ts'
import {
  MAIN,
  type Pages,
  readHeader,
  reasonsOf,
  refuseLarge,
  refusePixels,
  sizeOf,
  unreadable,
} from './picture-header.ts'
import { decodeSmallPng } from './png-decode.ts'
import { viewAs } from './raw.ts'
import { cropFrame } from './tiles.ts'

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
  const { file, isCutBetween } = withEnd(bytes, first)
  const pages = Math.min(most, countPages(first))
  const images: DecodedImage[] = []
  if (pages > 1 && isStrip(first)) {
    const { width, height } = first
    refuseLarge(first, pages, name, maxPixels)
    const { frame: strip, damage } = await decodePixels(file, name, first, { pages })
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
    const header = page === 0 ? first : await readHeader(file, name, which)
    if (page > 0 && isPreviewOf(first, header)) {
      previews++
      continue
    }
    pixels += header.width * header.height
    refusePixels(pixels, page === 0 ? sizeOf(first) : `${images.length + 1} pictures`, name, maxPixels)
    const { frame, damage } = await decodePixels(file, name, header, which)
    if (damage !== undefined) notes.push(pages === 1 ? damage : `picture ${page + 1}: ${damage}`)
    images.push(toImage(frame))
  }
  if (isCutBetween && pages < most)
    notes.push(`the file is damaged: what comes after picture ${pages} could not be found`)
  if (previews > 0)
    notes.push(`${previews} of ${pages} pictures ${previews === 1 ? 'is a preview' : 'are previews'}, left out`)
  return { images, notes }
}

/** @returns what is there of it, and where that is not all, what is wrong with it */
async function decodePixels(
  file: Uint8Array,
  name: string,
  header: Metadata,
  which: Pages,
): Promise<{ readonly frame: Frame; readonly damage?: string | undefined }> {
  try {
    return { frame: await samplesAt(file, header, { ...which, failOn: strictness(header.format) }) }
  } catch (error) {
    const frame = await samplesAt(file, header, { ...which, failOn: 'none' }).catch(() => undefined)
    if (frame === undefined) throw unreadable(name, error)
    const { missing, lines } = missingLines(frame, header)
    if (missing === lines) throw unreadable(name, error)
    return { frame, damage: damageOf(reasonsOf(error), missing, lines) }
  }
}

/**
 * How much libvips may overlook. Less strict than 'error' it makes black of a TIFF whose compression it does not know. What it warns of may
 * be missing data in a JPEG, and is a strange tag in others.
 */
const strictness = (format: Metadata['format']) => (format === 'jpeg' ? 'warning' : 'error')

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
