import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import { element } from '../browser/element.ts'
import { untouchedValues } from '../document/picture-tools.ts'
import { STRINGS } from '../strings.ts'
import { dragged, fitRectangle, HANDLES, type Handle, type Rectangle, type RectangleBounds } from './rectangle.ts'
import { ToolField } from './tool-field.ts'
import type { Size } from './viewer-layout.ts'
import { ARROWS, type Drawing, type Point, stepsOf, type ToolPlace, type ViewerTool } from './viewer-tool.ts'

const WORDS = STRINGS.drawing.rectangle
const SIDES = ['x', 'y', 'width', 'height'] as const
const INSIDE = 'inside'

/** A rectangle on the picture with handles at its edges and corners, dark around it. */
export class RectangleTool implements ViewerTool {
  readonly label = WORDS.label
  readonly turn = 0
  readonly overlay: HTMLElement
  readonly fields: readonly HTMLElement[]
  readonly #tool: PictureTool & { readonly kind: 'rectangle' }
  readonly #drawing: Drawing
  readonly #changed: () => void
  readonly #inside = element('button', {
    type: 'button',
    class: 'crop-inside',
    'data-part': INSIDE,
    testid: 'crop-inside',
  })
  readonly #area: HTMLElement
  readonly #size = element('span', { class: 'drawing-words', role: 'status', testid: 'crop-size' })
  readonly #numbers: Readonly<Record<keyof Rectangle, ToolField>>
  /** Known as soon as the picture is. */
  #bounds: RectangleBounds | undefined
  #rectangle: Rectangle = { x: 0, y: 0, width: 0, height: 0 }
  #first: Rectangle | undefined
  #hold: { readonly part: string; readonly at: Point; readonly from: Rectangle } | undefined

  constructor(tool: PictureTool & { readonly kind: 'rectangle' }, drawing: Drawing, changed: () => void) {
    this.#tool = tool
    this.#drawing = drawing
    this.#changed = changed
    this.#inside.setAttribute('aria-label', WORDS.inside)
    const handles = HANDLES.map((handle) =>
      element('button', {
        type: 'button',
        class: `crop-handle crop-${handle}`,
        'data-part': handle,
        testid: `crop-${handle}`,
        'aria-label': WORDS.handles[handle],
      }),
    )
    this.#area = element('div', { class: 'crop-area', testid: 'crop-area', hidden: true }, this.#inside, ...handles)
    this.overlay = element('div', { class: 'drawing' }, this.#area, this.#size)
    this.#numbers = bySide((side) => new ToolField(this.#parameter(side), (value) => this.#wish({ [side]: value })))
    const whole = element('button', { type: 'button', class: 'button', testid: 'crop-whole' }, WORDS.whole)
    whole.addEventListener('click', () => this.#wish({ x: 0, y: 0, ...this.#bounds?.picture }))
    this.fields = [...SIDES.map((side) => this.#numbers[side].root), whole]
  }

  get values(): Readonly<Record<string, number>> | undefined {
    if (this.#first === undefined || SIDES.every((side) => this.#first?.[side] === this.#rectangle[side]))
      return undefined
    // The whole of this picture is the whole of the next one.
    if (this.#isWhole) return untouchedValues(this.#tool, [...this.#drawing.parameters.values()])
    return Object.fromEntries(SIDES.map((side) => [this.#tool[side], this.#rectangle[side]]))
  }

  get #isWhole(): boolean {
    const { x, y, width, height } = this.#rectangle
    const { picture } = this.#bounds ?? {}
    return x === 0 && y === 0 && width === picture?.width && height === picture.height
  }

  extent(picture: Size): Size {
    return picture
  }

  takeKeys(): void {
    this.#inside.focus({ preventScroll: true })
  }

  place({ left, top, scale, picture }: ToolPlace): void {
    if (this.#bounds === undefined) {
      this.#bounds = { picture, ...bySide((side) => this.#parameter(side)) }
      const values = bySide((side) => this.#drawing.values.get(this.#tool[side]) ?? 0)
      this.#rectangle = fitRectangle(values, this.#bounds)
      this.#first = this.#rectangle
      this.#show()
      this.#area.hidden = false
      this.takeKeys()
    }
    const { x, y, width, height } = this.#rectangle
    const { style } = this.#area
    style.transform = `translate(${left + x * scale}px, ${top + y * scale}px)`
    style.width = `${width * scale}px`
    style.height = `${height * scale}px`
  }

  press(at: Point, target: EventTarget | null): boolean {
    const part = target instanceof HTMLElement ? target.dataset.part : undefined
    if (part === undefined) return false
    this.#hold = { part, at, from: this.#rectangle }
    if (target instanceof HTMLElement) target.focus({ preventScroll: true })
    return true
  }

  drag([x, y]: Point): void {
    if (this.#hold === undefined) return
    const { part, at, from } = this.#hold
    this.#drag(part, from, [x - at[0], y - at[1]])
  }

  release(): void {
    this.#hold = undefined
  }

  abandon(): void {
    if (this.#hold !== undefined) this.#set(this.#hold.from)
    this.#hold = undefined
  }

  key(event: KeyboardEvent): boolean {
    const way = ARROWS[event.key]
    if (way === undefined) return false
    const part = event.target instanceof HTMLElement ? event.target.dataset.part : undefined
    const by = ([at, size]: readonly [keyof Rectangle, keyof Rectangle], direction: number) =>
      direction * stepsOf(event) * Math.max(this.#parameter(at).step, this.#parameter(size).step)
    this.#drag(part ?? INSIDE, this.#rectangle, [by(['x', 'width'], way[0]), by(['y', 'height'], way[1])])
    return true
  }

  #drag(part: string, from: Rectangle, by: Point): void {
    const handle = HANDLES.find((one): one is Handle => one === part)
    if (this.#bounds !== undefined) this.#set(dragged(from, handle, by, this.#bounds))
  }

  #wish(wish: Partial<Rectangle>): void {
    if (this.#bounds !== undefined) this.#set(fitRectangle({ ...this.#rectangle, ...wish }, this.#bounds))
  }

  #set(rectangle: Rectangle): void {
    this.#rectangle = rectangle
    this.#show()
    this.#changed()
  }

  #show(): void {
    const { width, height } = this.#rectangle
    for (const side of SIDES) this.#numbers[side].show(this.#rectangle[side])
    this.#size.textContent = WORDS.size(width, height)
  }

  #parameter(side: keyof Rectangle): NumberParameter {
    const parameter = this.#drawing.parameters.get(this.#tool[side])
    if (parameter === undefined) throw new Error(`Expected ‘${this.#tool[side]}’ among the parameters of a rectangle.`)
    return parameter
  }
}

function bySide<Value>(of: (side: keyof Rectangle) => Value): Record<keyof Rectangle, Value> {
  return { x: of('x'), y: of('y'), width: of('width'), height: of('height') }
}
