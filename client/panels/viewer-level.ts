import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import { insideSize, outsideSize } from '../../nodes/sdk/turned-size.ts'
import { element } from '../browser/element.ts'
import { fitNumber, formatNumber } from '../document/parameters.ts'
import { STRINGS } from '../strings.ts'
import { levelled } from './level-line.ts'
import { ToolField } from './tool-field.ts'
import type { Size } from './viewer-layout.ts'
import { ARROWS, type Drawing, type Point, stepsOf, type ToolPlace, type ViewerTool } from './viewer-tool.ts'

const WORDS = STRINGS.drawing.level
/** A shorter line is a slip of the hand; in CSS pixels. */
const SHORTEST = 12

/** The picture as it is turned, with a grid to judge by; a line drawn on it turns it until that is level or upright. */
export class LevelTool implements ViewerTool {
  readonly label = WORDS.label
  readonly overlay: HTMLElement
  readonly fields: readonly HTMLElement[]
  readonly #tool: PictureTool & { readonly kind: 'level' }
  readonly #changed: () => void
  readonly #parameter: NumberParameter
  readonly #number: ToolField
  readonly #first: number
  readonly #grid = element('div', { class: 'level-grid' })
  readonly #inside = element('div', { class: 'level-inside', testid: 'level-inside' })
  readonly #stroke = element('div', { class: 'level-line', testid: 'level-line', hidden: true })
  readonly #words = element('span', { class: 'drawing-words', role: 'status', testid: 'level-angle' })
  #angle: number
  #line: { readonly from: Point; readonly to: Point } | undefined
  #scale = 1

  constructor(tool: PictureTool & { readonly kind: 'level' }, { parameters, values }: Drawing, changed: () => void) {
    const parameter = parameters.get(tool.angle)
    if (parameter === undefined) throw new Error(`Expected ‘${tool.angle}’ among the parameters of a level.`)
    this.#tool = tool
    this.#parameter = parameter
    this.#changed = changed
    this.#first = values.get(tool.angle) ?? 0
    this.#angle = this.#first
    this.#number = new ToolField(parameter, (value) => this.#set(value))
    const none = element('button', { type: 'button', class: 'button', testid: 'level-none' }, WORDS.none)
    none.addEventListener('click', () => this.#set(0))
    this.fields = [this.#number.root, none, element('span', { class: 'tool-hint' }, WORDS.hint)]
    this.overlay = element('div', { class: 'drawing' }, this.#grid, this.#inside, this.#stroke, this.#words)
    this.#show()
  }

  get values(): Readonly<Record<string, number>> | undefined {
    return this.#angle === this.#first ? undefined : { [this.#tool.angle]: this.#angle }
  }

  get turn(): number {
    return this.#angle
  }

  extent(picture: Size): Size {
    return picture.width === 0 ? picture : outsideSize(picture, this.#radians)
  }

  takeKeys(): void {
    this.overlay.parentElement?.focus({ preventScroll: true })
  }

  place({ left, top, scale, picture }: ToolPlace): void {
    const extent = this.extent(picture)
    this.#scale = scale
    put(this.#grid, [left, top], extent, scale)
    const inside = insideSize(picture, this.#radians)
    const corner = [(extent.width - inside.width) / 2, (extent.height - inside.height) / 2] as const
    put(this.#inside, [left + corner[0] * scale, top + corner[1] * scale], inside, scale)
    this.#stroke.hidden = this.#line === undefined
    if (this.#line === undefined) return
    const { from, to } = this.#line
    const [across, down] = [(to[0] - from[0]) * scale, (to[1] - from[1]) * scale]
    const { style } = this.#stroke
    style.width = `${Math.hypot(across, down)}px`
    style.transform = `translate(${left + from[0] * scale}px, ${top + from[1] * scale}px) rotate(${Math.atan2(down, across)}rad)`
  }

  press(at: Point): boolean {
    this.#line = { from: at, to: at }
    this.takeKeys()
    return true
  }

  drag(to: Point): void {
    if (this.#line === undefined) return
    this.#line = { ...this.#line, to }
    this.#show()
    this.#changed()
  }

  release(): void {
    const angle = this.#drawn
    if (angle === undefined) this.abandon()
    this.#line = undefined
    if (angle !== undefined) this.#set(angle)
  }

  abandon(): void {
    this.#line = undefined
    this.#show()
    this.#changed()
  }

  key(event: KeyboardEvent): boolean {
    const way = ARROWS[event.key]
    if (way === undefined) return false
    this.#set(this.#angle + (way[0] - way[1]) * stepsOf(event) * this.#parameter.step)
    return true
  }

  /** What the line says so far; undefined where it is none. */
  get #drawn(): number | undefined {
    if (this.#line === undefined) return undefined
    const { from, to } = this.#line
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) * this.#scale < SHORTEST) return undefined
    return fitNumber(this.#parameter, levelled(this.#angle, from, to))
  }

  get #radians(): number {
    return (this.#angle * Math.PI) / 180
  }

  #set(angle: number): void {
    this.#angle = fitNumber(this.#parameter, angle)
    this.#show()
    this.#changed()
  }

  #show(): void {
    this.#number.show(this.#angle)
    this.#words.textContent = WORDS.angle(formatNumber(this.#parameter, this.#drawn ?? this.#angle))
  }
}

function put({ style }: HTMLElement, [left, top]: Point, { width, height }: Size, scale: number): void {
  style.transform = `translate(${left}px, ${top}px)`
  style.width = `${width * scale}px`
  style.height = `${height * scale}px`
}
