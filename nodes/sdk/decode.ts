import sharp, { type Metadata } from 'sharp'
import { RestorationError } from './error.ts'
import { decodeSmallPng } from './png-decode.ts'
import { viewAs } from './raw.ts'
import { toDepth } from './samples.ts'
import type { Frame } from './values.ts'

export interface DecodedImage {
  /** RGB, upright; 16-bit files stay uint16. */
  readonly frame: Frame
  /** 1 − alpha as one float channel, where the file has an alpha channel. */
  readonly mask?: Frame
}

/**
 * Decodes a picture file. Its size is checked on the header, before a pixel is decoded.
 * @param name how to call the file in errors
 * @throws RestorationError `image_unreadable`, `image_too_large`
 */
export async function decodeImage(bytes: Uint8Array, name: string, maxPixels: number): Promise<DecodedImage> {
  const small = decodeSmallPng(bytes)
  if (small !== undefined) {
    refuseLarge(small, name, maxPixels)
    return toImage(small)
  }
  const metadata = await readHeader(bytes, name)
  refuseLarge(metadata, name, maxPixels)
  try {
    return toImage(await decodePixels(bytes, metadata))
  } catch (error) {
    throw unreadable(name, error)
  }
}

function refuseLarge({ width, height }: Pick<Frame, 'width' | 'height'>, name: string, maxPixels: number): void {
  if (width * height <= maxPixels) return
  throw new RestorationError(
    'image_too_large',
    `Expected '${name}' to have at most ${millions(maxPixels)} megapixels but it has ${millions(width * height)} (${width} × ${height}).`,
    'Make the picture smaller, or start the host with a larger --max-pixels.',
  )
}

async function readHeader(bytes: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch (error) {
    throw unreadable(name, error)
  }
}

async function decodePixels(bytes: Uint8Array, { depth }: Metadata): Promise<Frame> {
  const deep = depth === 'ushort'
  const pipeline = sharp(bytes, { limitInputPixels: false, failOn: 'truncated' })
    .autoOrient()
    .toColourspace(deep ? 'rgb16' : 'srgb')
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

function unreadable(name: string, cause: unknown): RestorationError {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
  return new RestorationError(
    'image_unreadable',
    `Expected '${name}' to be a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but it cannot be read: ${reason}.`,
    'Check that the file is complete and that its content is a picture; save it again as PNG or JPEG.',
    { cause },
  )
}

function millions(pixels: number): string {
  return (pixels / 1e6).toFixed(pixels < 1e7 ? 1 : 0)
}
