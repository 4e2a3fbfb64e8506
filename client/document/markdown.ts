/** Text of a note, read as Markdown: the part of CommonMark that notes are written in. HTML stays text. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'quote'; readonly spans: readonly Span[] }
  | { readonly kind: 'item'; readonly depth: number; readonly marker: string; readonly spans: readonly Span[] }
  | { readonly kind: 'code'; readonly lines: readonly string[] }
  | { readonly kind: 'rule' }

/** A piece of a line that looks one way; a line break is a span of its own. */
export interface Span {
  readonly text: string
  readonly bold?: boolean
  readonly italic?: boolean
  readonly struck?: boolean
  readonly code?: boolean
  /** An address of the web. */
  readonly link?: string
}

/** Nobody sees more of a note at once; a file may hold one of a million letters. */
const MOST_LETTERS = 20_000
const DEEPEST = 6
const LINE_END = /\r\n?|\n/

/** Each line of the text for itself, nothing read into it. */
export function readPlain(text: string): Block[] {
  return text
    .slice(0, MOST_LETTERS)
    .split(LINE_END)
    .map((line) => ({ kind: 'paragraph', spans: [{ text: line }] }))
}

export function readMarkdown(text: string): Block[] {
  const blocks: Block[] = []
  /** Lines that belong together until an empty one. */
  let open: { readonly block: (spans: readonly Span[]) => Block; readonly lines: string[] } | undefined
  const close = () => {
    if (open !== undefined) blocks.push(open.block(readSpans(open.lines.join('\n'))))
    open = undefined
  }
  const begin = (line: string, block: (spans: readonly Span[]) => Block) => {
    close()
    open = { block, lines: [line] }
  }
  let code: string[] | undefined
  for (const line of text.slice(0, MOST_LETTERS).split(LINE_END)) {
    if (/^\s{0,3}(```|~~~)/.test(line)) {
      if (code === undefined) {
        close()
        code = []
      } else {
        blocks.push({ kind: 'code', lines: code })
        code = undefined
      }
      continue
    }
    if (code !== undefined) {
      code.push(line)
      continue
    }
    const heading = /^\s{0,3}(#{1,6})\s+(.*)$/s.exec(line)
    const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/s.exec(line)
    const quote = /^\s{0,3}>\s?(.*)$/s.exec(line)
    if (line.trim() === '') close()
    else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      close()
      blocks.push({ kind: 'rule' })
    } else if (heading !== null) {
      const level = heading[1]?.length ?? 1
      begin(withoutMarks(heading[2] ?? ''), (spans) => ({ kind: 'heading', level, spans }))
      close()
    } else if (item !== null) {
      const depth = Math.min(DEEPEST, Math.floor((item[1] ?? '').replaceAll('\t', '  ').length / 2))
      const mark = item[2] ?? ''
      const marker = /\d/.test(mark) ? `${Number.parseInt(mark, 10)}.` : '•'
      begin(item[3] ?? '', (spans) => ({ kind: 'item', depth, marker, spans }))
    } else if (quote !== null) {
      const words = quote[1] ?? ''
      const isMore = open !== undefined && open.block([]).kind === 'quote'
      if (isMore) open?.lines.push(words)
      else begin(words, (spans) => ({ kind: 'quote', spans }))
    } else if (open === undefined) begin(line, (spans) => ({ kind: 'paragraph', spans }))
    else open.lines.push(line.trimStart())
  }
  close()
  if (code !== undefined) blocks.push({ kind: 'code', lines: code })
  return blocks
}

const ESCAPED = /\\([\\`*_{}[\]()#+\-.!~>|])/y
const CODE = /`([^`]+)`/y
const LINK = /!?\[([^[\]]{0,300})\]\(\s?<?([^()<>\s]{1,2000})>?(?:\s+"[^"]{0,300}")?\s?\)/y
const ADDRESS = /<?(https?:\/\/[^\s<>()[\]"'`]+)>?/y
const MARK = /\*\*|__|~~|\*|_/y
/** Letters that begin none of the above are taken at once. */
const PLAIN = /[^\\`![<h*_~\n]+/y

function readSpans(text: string): Span[] {
  const spans: Span[] = []
  const on = { bold: false, italic: false, struck: false }
  let words = ''
  const flush = () => {
    if (words !== '') spans.push(styled({ text: words }, on))
    words = ''
  }
  const at = (pattern: RegExp, place: number) => {
    pattern.lastIndex = place
    return pattern.exec(text)
  }
  for (let place = 0; place < text.length; ) {
    const plain = at(PLAIN, place)
    if (plain !== null) {
      words += plain[0]
      place += plain[0].length
      continue
    }
    const character = text.charAt(place)
    if (character === '\n') {
      // Two blanks or a backslash at the end of a line break it; else lines flow.
      const isHard = / {2}$|\\$/.test(words.slice(-2))
      words = words.endsWith('\\') ? words.slice(0, -1) : withoutEnd(words, ' ')
      flush()
      if (isHard) spans.push({ text: '\n' })
      else words = ' '
      place += 1
      continue
    }
    const escaped = character === '\\' ? at(ESCAPED, place) : null
    const code = character === '`' ? at(CODE, place) : null
    const link = character === '[' || character === '!' ? at(LINK, place) : null
    const isWordStart = character === '<' || !/\w$/.test(words)
    const address = (character === 'h' || character === '<') && isWordStart ? at(ADDRESS, place) : null
    const mark = at(MARK, place)
    if (escaped !== null) {
      words += escaped[1]
      place += 2
    } else if (code !== null) {
      flush()
      spans.push(styled({ text: code[1] ?? '', code: true }, on))
      place += code[0].length
    } else if (link !== null) {
      flush()
      const address = webAddress(link[2] ?? '')
      const label = link[1] === '' ? (link[2] ?? '') : (link[1] ?? '')
      spans.push(styled({ text: label, ...(address === undefined ? {} : { link: address }) }, on))
      place += link[0].length
    } else if (address !== null) {
      flush()
      const bare = withoutEnd(address[1] ?? '', '.,;:!?')
      const found = webAddress(bare)
      spans.push(styled({ text: bare, ...(found === undefined ? {} : { link: found }) }, on))
      place += address[0].startsWith('<') && address[0].endsWith('>') ? address[0].length : bare.length
    } else if (mark !== null) {
      const key = mark[0] === '~~' ? 'struck' : mark[0].length === 2 ? 'bold' : 'italic'
      if (turns(text, place, mark[0], on[key])) {
        flush()
        on[key] = !on[key]
      } else words += mark[0]
      place += mark[0].length
    } else {
      words += character
      place += 1
    }
  }
  flush()
  return spans
}

/** A heading without the marks that close it, which stand apart from its words. */
function withoutMarks(heading: string): string {
  const words = withoutEnd(heading.trimEnd(), '#')
  return /\s/.test(words.slice(-1)) ? words.trimEnd() : heading
}

/** A text without those of the letters that it ends with; a pattern would try each one of a run of them. */
function withoutEnd(text: string, letters: string): string {
  let end = text.length
  while (end > 0 && letters.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

/** Whether a mark begins or ends something: it stands at a word, and one that begins is ended further on. */
function turns(text: string, place: number, mark: string, isOn: boolean): boolean {
  const [before, after] = [text.charAt(place - 1), text.charAt(place + mark.length)]
  const isWithin = /\w/.test(before) && /\w/.test(after)
  if (mark.startsWith('_') && isWithin) return false
  if (isOn) return before !== '' && !/\s/.test(before)
  return after !== '' && !/\s/.test(after) && text.includes(mark, place + mark.length + 1)
}

function styled(span: Span, { bold, italic, struck }: { bold: boolean; italic: boolean; struck: boolean }): Span {
  return {
    ...span,
    ...(bold ? { bold } : {}),
    ...(italic ? { italic } : {}),
    ...(struck ? { struck } : {}),
  }
}

/** An address that a browser opens as a page; undefined for every other, such as a script. */
function webAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text)) return undefined
  return URL.canParse(text) ? new URL(text).href : undefined
}
