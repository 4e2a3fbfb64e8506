/** Where packets of XMP begin and end, for readers that know nothing of the file around them (ISO 16684-1, 7.3). */
const BEGIN = new TextEncoder().encode('<?xpacket begin=')
const END = new TextEncoder().encode('<?xpacket end=')
const NAMESPACE = 'xmlns:graph="urn:gendr-graph:1"'
const PROPERTY = /<graph:([A-Za-z_][\w.-]{0,78})>([^<]*)<\/graph:\1>/g
const UTF8 = new TextDecoder('utf-8')

/** Texts that this host's pictures carry as XMP, in whatever kind of file: JPEG, TIFF, AVIF; bounded, never throws. */
export function readXmpText(bytes: Uint8Array): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (let at = find(bytes, BEGIN, 0); at >= 0; ) {
    const end = find(bytes, END, at)
    if (end < 0) break
    const packet = UTF8.decode(bytes.subarray(at, end))
    const properties = packet.includes(NAMESPACE) ? packet.matchAll(PROPERTY) : []
    for (const [, key = '', text = ''] of properties) if (!texts.has(key)) texts.set(key, unescaped(text))
    at = find(bytes, BEGIN, end)
  }
  return texts
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  let at = bytes.indexOf(wanted[0]!, from)
  while (at >= 0 && !wanted.every((byte, i) => bytes[at + i] === byte)) at = bytes.indexOf(wanted[0]!, at + 1)
  return at
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
