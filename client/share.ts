/** Ways to hand on a graph other than its file. */

/** Characters that a graph in a link may have once it is unpacked. */
const MOST_TEXT = 8 * 2 ** 20

/** What the fragment of the page's address asks for. */
export type Asked =
  | { readonly kind: 'graph'; readonly text: string }
  | { readonly kind: 'library'; readonly path: string }
  | undefined

/** An address that opens this graph wherever the same editor runs: the graph is in its fragment, which no server sees. */
export async function linkToGraph(page: URL, text: string): Promise<string> {
  const packed = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))
  return `${page.origin}${page.pathname}#graph=${toBase64(packed)}`
}

/** An address that opens a workflow of the host's library. */
export function linkToLibrary(page: URL, path: string): string {
  return `${page.origin}${page.pathname}#workflow=${encodeURIComponent(path)}`
}

/** Reads what a link asks for. @throws Error where its graph cannot be unpacked */
export async function askedBy(fragment: string): Promise<Asked> {
  const [, kind, value = ''] = /^#(graph|workflow)=(.*)$/s.exec(fragment) ?? []
  if (kind === 'workflow') return { kind: 'library', path: decodeURIComponent(value) }
  if (kind !== 'graph') return undefined
  const bytes = await through(fromBase64(value), new DecompressionStream('deflate-raw'))
  return { kind: 'graph', text: new TextDecoder().decode(bytes) }
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    // A short link may unpack to whatever size.
    if (length > MOST_TEXT) throw new Error('The graph in this link is too large.')
    parts.push(value)
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

/** RFC 4648, section 5, without padding: nothing that an address would escape. */
function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (character) => character.charCodeAt(0))
}

/**
 * Puts texts into a PNG as ComfyUI does: tEXt chunks before the pixels (PNG specification 3rd ed., 11.3.3.2). JSON's
 * escapes keep them ASCII.
 */
export function withTexts(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const headerEnd = 8 + 12 + new DataView(png.buffer, png.byteOffset).getUint32(8)
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text))
  const parts = [png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}

function textChunk(keyword: string, text: string): Uint8Array {
  const ascii = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const body = new TextEncoder().encode(`tEXt${keyword}\0${ascii}`)
  const chunk = new Uint8Array(body.length + 8)
  const view = new DataView(chunk.buffer)
  view.setUint32(0, body.length - 4)
  chunk.set(body, 4)
  view.setUint32(body.length + 4, crc32(body))
  return chunk
}

/** The checksum of PNG chunks (PNG specification 3rd ed., annex D). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
