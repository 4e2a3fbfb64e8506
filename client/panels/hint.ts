import { element } from '../browser/element.ts'
import type { PartWords } from '../document/part-words.ts'
import type { Anchor } from './popup.ts'

/** How long the pointer rests before it is told what it rests on, in milliseconds. */
const PAUSE = 500
const GAP = 6

/** Words about what the pointer rests on; they go when it goes, and with any key, press or turn of the wheel. */
export class Hint {
  readonly #box = element('div', { class: 'hint', role: 'tooltip', testid: 'hint', hidden: true })
  #about = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(parent: HTMLElement) {
    parent.append(this.#box)
    addEventListener('keydown', () => this.show(), { capture: true })
  }

  /** @param hint what to say, and the place on the page that it is about; none takes back what is said */
  show(hint?: PartWords & { readonly place: Anchor }): void {
    const about = JSON.stringify(hint ?? '')
    if (about === this.#about) return
    this.#about = about
    clearTimeout(this.#timer)
    this.#box.hidden = true
    if (hint !== undefined) this.#timer = setTimeout(() => this.#say(hint, hint.place), PAUSE)
  }

  #say({ heading, text }: PartWords, { x, y, height = 0 }: Anchor): void {
    this.#box.replaceChildren(element('strong', {}, heading), element('span', {}, text))
    this.#box.hidden = false
    const box = this.#box.getBoundingClientRect()
    const below = y + height + GAP
    const top = below + box.height > innerHeight ? y - box.height - GAP : below
    this.#box.style.left = `${Math.max(GAP, Math.min(x, innerWidth - box.width - GAP))}px`
    this.#box.style.top = `${Math.max(GAP, top)}px`
  }
}
