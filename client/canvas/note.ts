import { type Block, readMarkdown, readPlain, type Span } from '../document/markdown.ts'
import { fitText } from './draw.ts'
import { FONT } from './theme.ts'

/** Words of one look at a place of the note. */
interface Run {
  readonly x: number
  /** Of the line that the letters stand on. */
  readonly y: number
  readonly width: number
  readonly height: number
  readonly text: string
  readonly font: string
  readonly isQuiet: boolean
  readonly isStruck: boolean
  readonly link?: string
}

/** Something behind the words: the ground of code, the bar of a quote, a rule. */
interface Patch {
  readonly kind: 'code' | 'quote' | 'rule'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface NoteLayout {
  readonly runs: readonly Run[]
  readonly patches: readonly Patch[]
  /** Whether there was more than fits. */
  readonly isCut: boolean
}

interface Ink {
  readonly text: string
  readonly quiet: string
  readonly selected: string
}

const MONOSPACE = 'ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace'
const BODY = 12.5
/** Sizes of headings by their level; the deeper ones are as large as the text. */
const HEADINGS = [20, 17, 14.5, 13] as const
const LEADING = 1.42
const INDENT = 16
const GAP = 7

/** Breaks a text into lines of `width`, as many as `height` takes. */
export function layoutNote(
  ctx: CanvasRenderingContext2D,
  text: string,
  isMarkdown: boolean,
  width: number,
  height: number,
): NoteLayout {
  const page = new Page(ctx, width, height)
  const blocks = isMarkdown ? readMarkdown(text) : readPlain(text)
  for (const [i, block] of blocks.entries()) {
    if (page.isFull) break
    const isTight = !isMarkdown || (block.kind === 'item' && blocks[i - 1]?.kind === 'item')
    if (i > 0 && !isTight) page.y += block.kind === 'heading' ? GAP * 1.6 : GAP
    place(page, block)
  }
  return { runs: page.runs, patches: page.patches, isCut: page.isFull }
}

function place(page: Page, block: Block): void {
  switch (block.kind) {
    case 'heading': {
      const size = HEADINGS[block.level - 1] ?? BODY
      page.words(block.spans, { size, left: 0, weight: 650 })
      return
    }
    case 'paragraph':
      page.words(block.spans, { size: BODY, left: 0 })
      return
    case 'item': {
      const left = INDENT * (block.depth + 1)
      page.mark(block.marker, left)
      page.words(block.spans, { size: BODY, left })
      return
    }
    case 'quote': {
      const top = page.y
      page.words(block.spans, { size: BODY, left: 12, isQuiet: true })
      page.patch('quote', 0, top, 3, page.y - top)
      return
    }
    case 'code': {
      const top = page.y
      page.y += 5
      for (const line of block.lines) page.line(line)
      page.y += 5
      page.patch('code', 0, top, page.width, page.y - top)
      return
    }
    case 'rule':
      page.patch('rule', 0, page.y + 3, page.width, 1)
      page.y += 8
  }
}

interface Look {
  readonly size: number
  readonly left: number
  readonly weight?: number
  readonly isQuiet?: boolean
}

class Page {
  readonly runs: Run[] = []
  readonly patches: Patch[] = []
  readonly width: number
  readonly #ctx: CanvasRenderingContext2D
  readonly #height: number
  y = 0

  constructor(ctx: CanvasRenderingContext2D, width: number, height: number) {
    this.#ctx = ctx
    this.width = width
    this.#height = height
  }

  get isFull(): boolean {
    return this.y > this.#height
  }

  words(spans: readonly Span[], { size, left, weight = 400, isQuiet = false }: Look): void {
    const height = size * LEADING
    let x = left
    for (const span of spans) {
      const style = fontOf(span, size, weight)
      this.#ctx.font = style
      // Words with the blanks before them: a line never begins with one.
      for (const [word] of span.text.matchAll(/\n|[^\S\n]*[^\s]+|[^\S\n]+/g)) {
        if (this.isFull) return
        if (word === '\n') {
          x = left
          this.y += height
          continue
        }
        let text = x === left ? word.trimStart() : word
        if (x + this.#ctx.measureText(text).width > this.width && x > left) {
          x = left
          this.y += height
          text = word.trimStart()
        }
        if (text === '') continue
        text = fitText(this.#ctx, text, this.width - left)
        const width = this.#ctx.measureText(text).width
        this.runs.push({
          x,
          y: this.y + size * 1.05,
          width,
          height,
          text,
          font: style,
          isQuiet: isQuiet || span.code === true,
          isStruck: span.struck === true,
          ...(span.link === undefined ? {} : { link: span.link }),
        })
        x += width
      }
    }
    this.y += height
  }

  /** The point or number of a list's item, at the left of its words. */
  mark(text: string, left: number): void {
    const style = `400 ${BODY}px ${FONT}`
    this.#ctx.font = style
    const width = this.#ctx.measureText(text).width
    const y = this.y + BODY * 1.05
    const x = Math.max(0, left - 5 - width)
    this.runs.push({ x, y, width, height: BODY, text, font: style, isQuiet: true, isStruck: false })
  }

  /** One line of code, cut where it is too long. */
  line(text: string): void {
    if (this.isFull) return
    const style = `400 ${BODY - 1}px ${MONOSPACE}`
    this.#ctx.font = style
    const fit = fitText(this.#ctx, text, this.width - 14)
    const height = BODY * LEADING
    const width = this.#ctx.measureText(fit).width
    this.runs.push({
      x: 7,
      y: this.y + BODY,
      width,
      height,
      text: fit,
      font: style,
      isQuiet: false,
      isStruck: false,
    })
    this.y += height
  }

  patch(kind: Patch['kind'], x: number, y: number, width: number, height: number): void {
    this.patches.push({ kind, x, y, width, height })
  }
}

function fontOf({ bold, italic, code }: Span, size: number, weight: number): string {
  const slant = italic === true ? 'italic ' : ''
  return `${slant}${bold === true ? 700 : weight} ${code === true ? size - 1 : size}px ${code === true ? MONOSPACE : FONT}`
}

/** Draws the note with its corner at a point; what does not fit is cut off. */
export function drawNote(
  ctx: CanvasRenderingContext2D,
  { runs, patches, isCut }: NoteLayout,
  [left, top]: readonly [number, number],
  [width, height]: readonly [number, number],
  ink: Ink,
): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left - 2, top - 2, width + 4, height + 2)
  ctx.clip()
  ctx.textAlign = 'left'
  ctx.fillStyle = ink.quiet
  for (const { kind, x, y, width, height } of patches) {
    ctx.globalAlpha = kind === 'code' ? 0.16 : 0.5
    ctx.fillRect(left + x, top + y, width, height)
  }
  ctx.globalAlpha = 1
  let former: Run | undefined
  for (const run of runs) {
    const { x, y, width, text, font, isQuiet, isStruck, link } = run
    ctx.font = font
    ctx.fillStyle = link === undefined ? ink.text : ink.selected
    // On whatever colour a file chose.
    ctx.globalAlpha = isQuiet ? 0.72 : 1
    ctx.fillText(text, left + x, top + y)
    // A line under several words is one line; before the first it leaves the blank out.
    const isFirst = former?.link !== link || former?.isStruck !== isStruck || former.y !== y
    const start = left + x + (isFirst && text.startsWith(' ') ? 3 : 0)
    if (link !== undefined) ctx.fillRect(start, top + y + 2, left + x + width - start, 1)
    if (isStruck) ctx.fillRect(start, top + y - 4, left + x + width - start, 1)
    former = run
  }
  ctx.globalAlpha = 1
  if (isCut) {
    ctx.textAlign = 'right'
    ctx.font = `600 14px ${FONT}`
    ctx.fillStyle = ink.quiet
    ctx.fillText('…', left + width, top + height - 3)
  }
  ctx.restore()
}

/** The address under a point of the note. */
export function linkAt({ runs }: NoteLayout, x: number, y: number): string | undefined {
  return runs.find(
    (run) =>
      run.link !== undefined && x >= run.x && x <= run.x + run.width && y <= run.y + 4 && y >= run.y + 4 - run.height,
  )?.link
}
