const LATIN1 = new TextDecoder('latin1')
const UTF8 = new TextDecoder('utf-8')
const ASCII = 2

/**
 * Texts in the EXIF of a WebP as ComfyUI writes them: ASCII tags that hold `key:text` (comfy_extras/nodes_images.py). Nodes
 * of others write the keys with a capital. Bounded, never throws. Container: RFC 9649, section 2.3.
 */
export function readWebpText(bytes: Uint8Array): ReadonlyMap<string, string> {
  if (name(bytes, 0) !== 'RIFF' || name(bytes, 8) !== 'WEBP') return new Map()
  const view = viewOf(bytes)
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true)
    if (name(bytes, at) === 'EXIF') return readExif(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length + (length % 2)
  }
  return new Map()
}

/** The first directory of a TIFF (TIFF 6.0, section 2), which some writers put after `Exif\0\0`. */
function readExif(body: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>()
  const tiff = name(body, 0) === 'Exif' ? body.subarray(6) : body
  const order = name(tiff, 0)
  if (order !== 'MM\0*' && order !== 'II*\0') return texts
  const isLittle = order === 'II*\0'
  const view = viewOf(tiff)
  if (tiff.length < 8) return texts
  const directory = view.getUint32(4, isLittle)
  if (directory + 2 > tiff.length) return texts
  const count = view.getUint16(directory, isLittle)
  // Texts that lie on each other would be more than the file holds.
  let left = tiff.length
  for (let i = 0, at = directory + 2; i < count && at + 12 <= tiff.length; i++, at += 12) {
    const length = view.getUint32(at + 4, isLittle)
    if (view.getUint16(at + 2, isLittle) !== ASCII || length <= 4) continue
    left -= length
    if (left < 0) break
    const start = view.getUint32(at + 8, isLittle)
    const [, key, text = ''] =
      /^([A-Za-z_][\w.-]{0,78}):([^\0]*)/.exec(UTF8.decode(tiff.subarray(start, start + length))) ?? []
    if (key !== undefined && !texts.has(key.toLowerCase())) texts.set(key.toLowerCase(), text)
  }
  return texts
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function name(bytes: Uint8Array, at: number): string {
  return LATIN1.decode(bytes.subarray(at, at + 4))
}
