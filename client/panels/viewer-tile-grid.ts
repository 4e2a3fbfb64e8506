import { tileLayout } from '../../nodes/sdk/tile-spans.ts'
import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'
import type { Box, Size } from './viewer-layout.ts'

/** How the graph cuts pictures, in pixels of the result. */
export interface TileSettings {
  readonly tile: number
  readonly overlap: number
}

const SVG = 'http://www.w3.org/2000/svg'

/** Where tiles meet, over the picture: lines at their edges, and a veil where they overlap. */
export class TileGrid {
  readonly root = document.createElementNS(SVG, 'svg')
  readonly words = element('span', { class: 'viewer-tiles', testid: 'tile-words', hidden: true })
  #isShown = false
  #drawn = ''

  constructor() {
    this.root.setAttribute('class', 'tile-grid')
    this.root.setAttribute('data-testid', 'tile-grid')
    this.root.setAttribute('aria-hidden', 'true')
    this.root.setAttribute('preserveAspectRatio', 'none')
    this.show(false)
  }

  get isShown(): boolean {
    return this.#isShown
  }

  show(isShown: boolean): void {
    this.#isShown = isShown
    this.root.toggleAttribute('hidden', !isShown)
    this.words.hidden = !isShown
  }

  place(box: Box, picture: Size, { tile, overlap }: TileSettings): void {
    if (!this.#isShown || picture.width === 0) return
    const { style } = this.root
    style.width = `${box.width}px`
    style.height = `${box.height}px`
    style.transform = `translate(${box.left}px, ${box.top}px)`
    const key = [picture.width, picture.height, tile, overlap].join()
    if (key === this.#drawn) return
    this.#drawn = key
    this.root.setAttribute('viewBox', `0 0 ${picture.width} ${picture.height}`)
    const { columns, rows } = tileLayout(picture.width, picture.height, tile, overlap)
    this.words.textContent =
      columns.length * rows.length === 1
        ? STRINGS.viewer.gridNone
        : STRINGS.viewer.gridTiles(columns.length, rows.length)
    this.root.replaceChildren(
      ...veils(columns).map(([start, end]) => rectangle(start, 0, end - start, picture.height)),
      ...veils(rows).map(([start, end]) => rectangle(0, start, picture.width, end - start)),
      ...edges(columns).map((x) => line(x, 0, x, picture.height)),
      ...edges(rows).map((y) => line(0, y, picture.width, y)),
    )
  }
}

type Spans = readonly { readonly start: number; readonly end: number }[]

/** What two neighbours share. */
function veils(spans: Spans): [number, number][] {
  return spans.slice(1).map(({ start }, i) => [start, spans[i]?.end ?? start])
}

function edges(spans: Spans): number[] {
  return spans.slice(1).flatMap(({ start }, i) => [start, spans[i]?.end ?? start])
}

function rectangle(x: number, y: number, width: number, height: number): SVGElement {
  return shape('rect', { x, y, width, height })
}

function line(x1: number, y1: number, x2: number, y2: number): SVGElement {
  return shape('line', { x1, y1, x2, y2, 'vector-effect': 'non-scaling-stroke' })
}

function shape(name: string, attributes: Readonly<Record<string, number | string>>): SVGElement {
  const made = document.createElementNS(SVG, name)
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value))
  return made
}
