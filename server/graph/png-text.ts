/**
 * Text chunks of a PNG by keyword (PNG specification 3rd ed., 11.3.3), also where programs that put a graph into a finished
 * picture leave them: behind its end. ComfyUI's `comf`, of animated pictures, is laid out as tEXt. Strict, bounded, never
 * throws.
 */
export function readPngText(bytes: Uint8Array): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 8 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return texts
  for (let at = 8, count = 0; at + 12 <= bytes.length && count < MAX_CHUNKS; count++) {
    const length = view.getUint32(at)
    if (at + 12 + length > bytes.length) break
    const type = LATIN1.decode(bytes.subarray(at + 4, at + 8))
    const body = bytes.subarray(at + 8, at + 8 + length)
    const entry =
      type === 'tEXt' || type === 'comf' ? readText(body) : type === 'iTXt' ? readInternational(body) : undefined
    if (entry !== undefined && !texts.has(entry[0])) texts.set(...entry)
    at += 12 + length
  }
  return texts
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
const MAX_CHUNKS = 100_000
const LATIN1 = new TextDecoder('latin1')
const UTF8 = new TextDecoder('utf-8')
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true })

/** keyword \0 text; Latin-1 by the specification, but UTF-8 in what ComfyUI's browser writes and reads. */
function readText(body: Uint8Array): [string, string] | undefined {
  const end = body.indexOf(0)
  if (end < 1 || end > 79) return undefined
  const [keyword, text] = [LATIN1.decode(body.subarray(0, end)), body.subarray(end + 1)]
  try {
    return [keyword, STRICT_UTF8.decode(text)]
  } catch {
    return [keyword, LATIN1.decode(text)]
  }
}

/** keyword \0 compressed? method language \0 translated keyword \0 text; compressed text is not read. */
function readInternational(body: Uint8Array): [string, string] | undefined {
  const end = body.indexOf(0)
  if (end < 1 || end > 79 || body[end + 1] !== 0) return undefined
  const language = body.indexOf(0, end + 3)
  const translated = language < 0 ? -1 : body.indexOf(0, language + 1)
  if (translated < 0) return undefined
  return [LATIN1.decode(body.subarray(0, end)), UTF8.decode(body.subarray(translated + 1))]
}
