import { FONT } from './theme.ts'

export function font(size: number, weight = 400): string {
  return `${weight} ${size}px ${FONT}`
}

export function box(ctx: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, radius: number[]): void {
  ctx.beginPath()
  ctx.roundRect(x, y, Math.max(0, w), Math.max(0, h), radius)
}

/** Longer texts are cut before they are measured: a file may hold a title of a million letters. */
const MOST_LETTERS = 400
const MOST_KEPT = 4000
const fitted = new Map<string, string>()

/** The text, cut with an ellipsis where it is wider than `width`; measured once. */
export function fitText(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  const short = text.length > MOST_LETTERS ? text.slice(0, MOST_LETTERS) : text
  const key = `${Math.round(width)}|${ctx.font}|${short}`
  const known = fitted.get(key)
  if (known !== undefined) return known
  if (fitted.size > MOST_KEPT) fitted.clear()
  const fit = cutText(ctx, short, width)
  fitted.set(key, fit)
  return fit
}

function cutText(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle
    else high = middle - 1
  }
  return `${text.slice(0, low)}…`
}

const wrapped = new Map<string, string[]>()

/** Lines of at most `width`, broken at blanks; at most `most` of them. */
export function wrapText(ctx: CanvasRenderingContext2D, text: string, width: number, most: number): string[] {
  const start = text.length > MOST_LETTERS * most ? text.slice(0, MOST_LETTERS * most) : text
  const key = `${Math.round(width)}|${most}|${ctx.font}|${start}`
  const known = wrapped.get(key)
  if (known !== undefined) return known
  if (wrapped.size > 500) wrapped.clear()
  const lines = breakLines(ctx, start, width, most)
  wrapped.set(key, lines)
  return lines
}

function breakLines(ctx: CanvasRenderingContext2D, text: string, width: number, most: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`
      if (line !== '' && ctx.measureText(longer).width > width) {
        lines.push(line)
        line = word
      } else {
        line = longer
      }
      if (lines.length >= most) return lines.map((each) => fitText(ctx, each, width))
    }
    lines.push(line)
  }
  return lines.slice(0, most).map((each) => fitText(ctx, each, width))
}
