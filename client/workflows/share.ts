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
