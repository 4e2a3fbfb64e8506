import { ASCII, entriesOf, openTiff } from '../../nodes/sdk/tiff.ts'

const LATIN1 = new TextDecoder('latin1')
const UTF8 = new TextDecoder('utf-8')
const LONGEST_KEY = 79
const NOTHING = new Uint8Array()

/**
 * Texts in the EXIF of a WebP as ComfyUI writes them: ASCII tags that hold `key:text` (comfy_extras/nodes_images.py). Nodes
 * of others write the keys with a capital. Bounded, never throws. Container: RFC 9649, section 2.3.
 */
export function readWebpText(bytes: Uint8Array): ReadonlyMap<string, string> {
  if (name(bytes, 0) !== 'RIFF' || name(bytes, 8) !== 'WEBP') return new Map()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true)
    if (name(bytes, at) === 'EXIF') return readExif(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length + (length % 2)
  }
  return new Map()
}

function readExif(body: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>()
  const tiff = openTiff(body)
  if (tiff === undefined) return texts
  // Texts that lie on each other would be more than the file holds.
  let left = tiff.bytes.length
  for (const { type, count, value } of entriesOf(tiff, tiff.first)) {
    const start =
      type === ASCII && count > 4 ? tiff.bytes.subarray(value, value + Math.min(count, LONGEST_KEY + 1)) : NOTHING
    const key = /^([A-Za-z_][\w.-]*):/.exec(LATIN1.decode(start))?.[1]
    if (key === undefined) continue
    left -= count
    if (left < 0) break
    const [, text = ''] = /:([^\0]*)/.exec(UTF8.decode(tiff.bytes.subarray(value, value + count))) ?? []
    if (!texts.has(key.toLowerCase())) texts.set(key.toLowerCase(), text)
  }
  return texts
}

function name(bytes: Uint8Array, at: number): string {
  return LATIN1.decode(bytes.subarray(at, at + 4))
}
