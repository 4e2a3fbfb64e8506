import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { PictureFacts, PreviewAnswer, ReducedAnswer, ReducedRequest, TileRequest } from './previewer.ts'
import { levelsOf, pyramidOf, TILE } from './pyramids.ts'

/** Pixels from which on a picture is never one bitmap in a browser: 64 MiB decoded. */
const SHOWN_WHOLE = 4096 * 4096
/** Formats that every browser shows as they are, with their profiles. */
const SHOWN_BY_BROWSERS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp', 'gif'])
const BITS: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
}

/** What the header of a picture says. */
export function pictureFacts(metadata: Metadata): PictureFacts {
  const { width, height } = metadata.autoOrient
  return {
    width,
    height,
    format: metadata.format,
    channels: metadata.channels,
    bits: BITS[metadata.depth] ?? 8,
    hasAlpha: metadata.hasAlpha,
    isWide: isWide(metadata),
    levels: width * height > SHOWN_WHOLE ? levelsOf(width, height) : 0,
  }
}

/** A picture that fits into a square, as WebP, without loss where it is not reduced; pictures that fit already stay as they are where browsers show them. */
export async function reducedPicture(
  { path, size, maxPixels, pyramids }: ReducedRequest,
  metadata: Metadata,
): Promise<ReducedAnswer> {
  const { width, height } = metadata.autoOrient
  if (Math.max(width, height) <= size && SHOWN_BY_BROWSERS.has(metadata.format)) {
    return { bytes: null, format: metadata.format, width, height }
  }
  const source =
    width * height > SHOWN_WHOLE
      ? await levelFor(path, metadata, size, maxPixels, pyramids)
      : forScreens(sharp(path, { limitInputPixels: maxPixels, ...asFarAsItGoes(metadata) }), metadata)
  const bytes = await source
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    // A picture in its own size is looked at closely: its values shall be its own.
    .webp(Math.max(width, height) <= size ? { lossless: true, effort: 0 } : { quality: 92, effort: 2 })
    .toBuffer()
  return { bytes, format: 'image/webp', width, height }
}

/** A tile as it is, without loss: its values are those of the picture on a screen. */
export async function tileOfPicture(
  { path, level, column, row, maxPixels, pyramids }: TileRequest,
  metadata: Metadata,
): Promise<PreviewAnswer> {
  const { width, height } = metadata.autoOrient
  const [levelWidth, levelHeight] = [width >> level, height >> level]
  const [left, top] = [column * TILE, row * TILE]
  if (level >= levelsOf(width, height) || left >= levelWidth || top >= levelHeight) {
    throw new RestorationError(
      'invalid_input',
      `There is no tile in column ${column} and row ${row} of level ${level}.`,
      `Ask for tiles of ${TILE} pixels in the size and the levels that /picture says.`,
    )
  }
  const pyramid = await pyramidOf(path, pyramids, (file) => writePyramid(path, metadata, maxPixels, file))
  const tile = sharp(pyramid, { page: level, limitInputPixels: maxPixels }).extract({
    left,
    top,
    width: Math.min(TILE, levelWidth - left),
    height: Math.min(TILE, levelHeight - top),
  })
  const kept = isWide(metadata) ? tile.keepIccProfile() : tile
  return { bytes: await kept.webp({ lossless: true, effort: 0 }).toBuffer(), format: 'image/webp' }
}

/** The smallest level of the pyramid that is still as large as asked for. */
async function levelFor(
  path: string,
  metadata: Metadata,
  size: number,
  maxPixels: number,
  pyramids: string,
): Promise<Sharp> {
  const { width, height } = metadata.autoOrient
  const pyramid = await pyramidOf(path, pyramids, (file) => writePyramid(path, metadata, maxPixels, file))
  let level = 0
  while (level + 1 < levelsOf(width, height) && Math.max(width, height) >> (level + 1) >= size) level++
  const image = sharp(pyramid, { page: level, limitInputPixels: maxPixels })
  return isWide(metadata) ? image.keepIccProfile() : image
}

/** What is there of a damaged JPEG is shown, as a run makes use of it and a browser shows a small one. */
export function asFarAsItGoes({ format }: Metadata): Pick<SharpOptions, 'failOn'> {
  return format === 'jpeg' ? { failOn: 'none' } : {}
}

/** Not compressed: it is written at the speed of the disk, and each tile is read in milliseconds. */
async function writePyramid(path: string, metadata: Metadata, maxPixels: number, file: string): Promise<void> {
  const image = sharp(path, { limitInputPixels: maxPixels, sequentialRead: true, ...asFarAsItGoes(metadata) })
  await forScreens(image, metadata)
    .tiff({ tile: true, pyramid: true, tileWidth: TILE, tileHeight: TILE, compression: 'none', predictor: 'none' })
    .toFile(file)
}

/** Upright, in 8 bits; in Display P3 where the file's colours may lie outside of sRGB, else in sRGB. */
function forScreens(image: Sharp, metadata: Metadata): Sharp {
  const upright = image.autoOrient()
  return isWide(metadata) ? upright.withIccProfile('p3') : upright
}

function isWide({ icc, channels }: Metadata): boolean {
  // Profiles of sRGB name it, in ASCII or in UTF-16.
  return icc !== undefined && channels >= 3 && !/s\0?R\0?G\0?B/.test(Buffer.from(icc).toString('latin1'))
}
