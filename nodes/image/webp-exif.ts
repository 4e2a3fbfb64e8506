import { asciiJson } from '../pixels/png-text.ts'

/** Tags that ComfyUI puts texts under: the prompt, then every further one a number lower (comfy_extras/nodes_images.py). */
const PROMPT_TAG = 0x0110

/**
 * A lossy WebP with texts as EXIF, as ComfyUI writes and reads them: ASCII tags that hold `key:JSON`. libvips would drop
 * those of more than 64 KiB. Container: RFC 9649, section 2.7.
 */
export function addWebpTexts(webp: Uint8Array, size: Size, texts: Readonly<Record<string, string>>): Uint8Array {
  const source = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength)
  const isExtended = source.toString('latin1', 12, 16) === 'VP8X'
  const header = isExtended ? Buffer.from(source.subarray(12, 30)) : extendedHeader(size)
  header[8]! |= HAS_EXIF
  const rest = source.subarray(isExtended ? 30 : 12)
  const chunks = Buffer.concat([header, rest, chunk('EXIF', exifOf(texts))])
  const riff = Buffer.alloc(12)
  riff.write('RIFF', 0, 'latin1')
  riff.writeUInt32LE(chunks.length + 4, 4)
  riff.write('WEBP', 8, 'latin1')
  return Buffer.concat([riff, chunks])
}

interface Size {
  readonly width: number
  readonly height: number
}

const HAS_EXIF = 0x08

/** What a file of one chunk of lossy pixels lacks: flags, and the size less one. */
function extendedHeader({ width, height }: Size): Buffer {
  const body = Buffer.alloc(10)
  body.writeUIntLE(width - 1, 4, 3)
  body.writeUIntLE(height - 1, 7, 3)
  return chunk('VP8X', body)
}

/** Chunks have an even length. */
function chunk(name: string, body: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.write(name, 0, 'latin1')
  header.writeUInt32LE(body.length, 4)
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)])
}

const ASCII = 2

/** One directory of big-endian TIFF (TIFF 6.0, section 2); its entries are in the order of their tags. */
function exifOf(texts: Readonly<Record<string, string>>): Buffer {
  const tags = tagged(texts)
  const directory = Buffer.alloc(8 + 2 + 12 * tags.length + 4)
  directory.write('MM\0*', 0, 'latin1')
  directory.writeUInt32BE(8, 4)
  directory.writeUInt16BE(tags.length, 8)
  let offset = directory.length
  for (const [i, { tag, value }] of tags.entries()) {
    const at = 10 + 12 * i
    directory.writeUInt16BE(tag, at)
    directory.writeUInt16BE(ASCII, at + 2)
    directory.writeUInt32BE(value.length, at + 4)
    directory.writeUInt32BE(offset, at + 8)
    offset += value.length
  }
  return Buffer.concat([directory, ...tags.map(({ value }) => value)])
}

function tagged({ prompt, ...others }: Readonly<Record<string, string>>): { tag: number; value: Buffer }[] {
  const further = Object.entries(others).map(([key, text], i) => entry(PROMPT_TAG - 1 - i, key, text))
  return [...(prompt === undefined ? [] : [entry(PROMPT_TAG, 'prompt', prompt)]), ...further].reverse()
}

function entry(tag: number, key: string, text: string): { tag: number; value: Buffer } {
  return { tag, value: Buffer.from(`${key}:${asciiJson(text)}\0`, 'latin1') }
}
