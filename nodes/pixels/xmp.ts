import type { Result } from './exif.ts'

/** The element that all XMP is in (ISO 16684-1). */
const START = '<rdf:RDF'
const END = '</rdf:RDF>'
const NOTHING = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF>'

/** The namespace of the texts by which the graph is found. */
const GRAPH = 'urn:gendr-graph:1'

/** Properties that are of the pixels or the file of the source: sizes, previews, and what lies beside its picture. */
const OF_FILE =
  /^(tiff:Image(Width|Length)|exif:Pixel[XY]Dimension|(xmp|xap):Thumbnails|xmpNote:HasExtendedXMP|(hdrgm|Container|GContainer|GCamera|GDepth|GImage|GAudio):.*)$/

/** Properties by which a place can be told, in whatever namespace. */
const OF_PLACE =
  /:(.*(GPS|Gps|Latitude|Longitude|Altitude).*|City|State|ProvinceState|Country|CountryCode|CountryName|Location|LocationCreated|LocationShown|Sublocation|WorldRegion|coverage)$/

/**
 * XMP as it fits a picture that is upright and has another size, without the graph of the source.
 * @returns the element `rdf:RDF`; undefined where there is none, it cannot be read, or nothing stays of it
 */
export function xmpOfResult(xmp: Uint8Array, { isConverted, keepsPlace }: Result): string | undefined {
  const text = Buffer.from(xmp).toString('utf8')
  const [from, to] = [text.indexOf(START), text.lastIndexOf(END)]
  if (from < 0 || to < from) return undefined
  const rdf = text.slice(from, to + END.length)
  const hasGraph = rdf.includes(`"${GRAPH}"`)
  const kept = withoutProperties(
    rdf,
    (name) =>
      OF_FILE.test(name) ||
      (hasGraph && name.startsWith('graph:')) ||
      (isConverted && name === 'photoshop:ICCProfile') ||
      (!keepsPlace && OF_PLACE.test(name)),
  )
  const said = kept
    ?.replace(/<rdf:Description rdf:about="[^"]*" xmlns:graph="[^"]*">\s*<\/rdf:Description>/g, '')
    .replace(/(tiff:Orientation(?:="|>))[1-8]/g, '$11')
  if (said === undefined || !said.includes('<rdf:Description')) return undefined
  if (!isConverted) return said
  return said.replace(/(exif:ColorSpace(?:="|>))\d+/g, '$11').replace(/(photoshop:ColorMode(?:="|>))\d+/g, '$13')
}

/**
 * A packet of XMP with texts as simple properties of one namespace, each of which is found by its name; a text whose key is
 * no name in XML is left out.
 * @param rdf what else it says, as `xmpOfResult` gives it
 */
export function xmpPacket(rdf: string = NOTHING, texts: Readonly<Record<string, string>> = {}): string {
  const named = Object.entries(texts).filter(([key]) => NAME.test(key))
  const properties = named.map(([key, text]) => `<graph:${key}>${escaped(text)}</graph:${key}>`).join('')
  // All that is said in a packet is said of one thing.
  const about = /rdf:about="([^"<]*)"/.exec(rdf)?.[1] ?? ''
  const graph = `<rdf:Description rdf:about="${about}" xmlns:graph="${GRAPH}">${properties}</rdf:Description>`
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    `<x:xmpmeta xmlns:x="adobe:ns:meta/">${rdf.slice(0, -END.length)}${named.length === 0 ? '' : graph}${END}</x:xmpmeta>`,
    '<?xpacket end="w"?>',
  ].join('')
}

/** What may be the name of a property; only a graph's own texts have others. */
const NAME = /^[A-Za-z_][\w.-]*$/

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * XML without properties, be they attributes or elements with all that is in them. One pass, whatever it is given: `<` is
 * in no attribute, so that each begins a tag.
 * @returns undefined where one that is left out has no end
 */
function withoutProperties(xml: string, isOut: (name: string) => boolean): string | undefined {
  const [before = '', ...pieces] = xml.split('<')
  const kept = [before]
  let out: { readonly name: string; depth: number } | undefined
  for (const piece of pieces) {
    const [, slash, name = ''] = /^(\/?)([\w.:-]*)/.exec(piece)!
    const end = tagEnd(piece)
    const isEmpty = piece[end - 1] === '/'
    if (out === undefined && slash === '' && isOut(name)) {
      if (isEmpty) kept.push(piece.slice(end + 1))
      else out = { name, depth: 1 }
    } else if (out === undefined) {
      kept.push(`<${withoutAttributes(piece.slice(0, end), isOut)}${piece.slice(end)}`)
    } else if (name === out.name) {
      if (slash === '/') out.depth--
      else if (!isEmpty) out.depth++
      if (out.depth > 0) continue
      kept.push(piece.slice(end + 1))
      out = undefined
    }
  }
  return out === undefined ? kept.join('') : undefined
}

/** One blank goes with an attribute: a pattern would try each of a run of them. */
function withoutAttributes(tag: string, isOut: (name: string) => boolean): string {
  return tag.replace(/\s([\w.-]+:[\w.-]+)\s?=\s?(?:"[^"]*"|'[^']*')/g, (whole, name: string) =>
    isOut(name) ? '' : whole,
  )
}

/** Where the tag ends that a text begins with: at the first `>` outside of quotes, else with the text. */
function tagEnd(text: string): number {
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    if (quote === letter) quote = ''
    else if (quote === '' && (letter === '"' || letter === "'")) quote = letter
    else if (quote === '' && letter === '>') return at
  }
  return text.length
}
