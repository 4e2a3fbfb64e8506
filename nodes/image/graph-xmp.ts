/** JPEG's segments hold no more (ITU-T T.81, B.2.4), less what comes before the text. */
const JPEG_SEGMENT = 65_000

/** Whether XMP fits into a JPEG. */
export function fitsJpeg(xmp: string): boolean {
  return Buffer.byteLength(xmp) <= JPEG_SEGMENT
}

/** What may be the name of a property; only a graph's own texts have others. */
const NAME = /^[A-Za-z_][\w.-]*$/

/** Texts as XMP, simple properties of one namespace (ISO 16684-1); a text whose key is no name in XML is left out. */
export function graphXmp(texts: Readonly<Record<string, string>>): string {
  const named = Object.entries(texts).filter(([key]) => NAME.test(key))
  const properties = named.map(([key, text]) => `<graph:${key}>${escaped(text)}</graph:${key}>`)
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:graph="urn:gendr-graph:1">',
    ...properties,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="w"?>',
  ].join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
