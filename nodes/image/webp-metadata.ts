import { addExifEntries, exifTags } from '../pixels/exif-entries.ts'
import { asciiJson } from '../pixels/png-text.ts'

/** What a WebP may carry beside its pixels. */
export interface WebpMetadata {
  readonly exif?: Uint8Array | undefined
  readonly xmp?: string | undefined
}

/** A lossy WebP with Exif and XMP; libvips would drop those of more than 64 KiB. Container: RFC 9649, section 2.7. */
export function addWebpMetadata(webp: Uint8Array, size: Size, { exif, xmp }: WebpMetadata): Uint8Array {
  if (exif === undefined && xmp === undefined) return webp
  const source = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength)
  const isExtended = source.toString('latin1', 12, 16) === 'VP8X'
  const header = isExtended ? Buffer.from(source.subarray(12, 30)) : extendedHeader(size)
  header[8]! |= (exif === undefined ? 0 : HAS_EXIF) | (xmp === undefined ? 0 : HAS_XMP)
  const chunks = Buffer.concat([
    header,
    source.subarray(isExtended ? 30 : 12),
    ...(exif === undefined ? [] : [chunk('EXIF', exif)]),
    ...(xmp === undefined ? [] : [chunk('XMP ', Buffer.from(xmp, 'utf8'))]),
  ])
  const riff = Buffer.alloc(12)
  riff.write('RIFF', 0, 'latin1')
  riff.writeUInt32LE(chunks.length + 4, 4)
  riff.write('WEBP', 8, 'latin1')
  return Buffer.concat([riff, chunks])
}

/** Tags that ComfyUI puts texts under: the prompt, then every further one a number lower (comfy_extras/nodes_images.py). */
const PROMPT_TAG = 0x0110
/** From here on no program that we know of says anything: for what would be in the place of a camera's name (TIFF 6.0, section 1). */
const FREE_TAGS = 0xff00

/**
 * Exif with texts as ComfyUI writes and reads them: ASCII tags that hold `key:JSON`. It goes by the texts, and puts them where
 * cameras say what they are; what a photograph says there stays.
 */
export function withTexts(
  exif: Uint8Array | undefined,
  texts: Readonly<Record<string, string>>,
): Uint8Array | undefined {
  const { prompt, ...others } = texts
  const wanted = Object.entries(others).map(([key, text], i) => ({ tag: PROMPT_TAG - 1 - i, key, text }))
  if (prompt !== undefined) wanted.unshift({ tag: PROMPT_TAG, key: 'prompt', text: prompt })
  if (wanted.length === 0) return exif
  const taken = new Set(exifTags(exif))
  const entries = wanted.map(({ tag, key, text }): [number, string] => {
    let free = tag
    if (taken.has(tag)) for (free = FREE_TAGS; taken.has(free); ) free++
    taken.add(free)
    return [free, `${key}:${asciiJson(text)}`]
  })
  return addExifEntries(exif, new Map(entries))
}

interface Size {
  readonly width: number
  readonly height: number
}

const HAS_EXIF = 0x08
const HAS_XMP = 0x04

/** What a file of one chunk of lossy pixels lacks: flags, and the size less one. */
function extendedHeader({ width, height }: Size): Buffer {
  const body = Buffer.alloc(10)
  body.writeUIntLE(width - 1, 4, 3)
  body.writeUIntLE(height - 1, 7, 3)
  return chunk('VP8X', body)
}

/** Chunks have an even length. */
function chunk(name: string, body: Uint8Array): Buffer {
  const header = Buffer.alloc(8)
  header.write(name, 0, 'latin1')
  header.writeUInt32LE(body.length, 4)
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)])
}
