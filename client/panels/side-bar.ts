import { element, icon } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'

/** Something that opens beside the graph. */
export interface SidePanel {
  readonly id: string
  readonly label: string
  /** Of the key that opens it, for the tooltip. */
  readonly key?: string
  readonly icon: string
  readonly testid: string
  readonly root: HTMLElement
  /** It was opened: what it shows may be old. */
  opened(): void
}

/** A button of the rail that opens nothing. */
export interface RailButton {
  readonly label: string
  readonly icon: string
  readonly testid: string
  act(anchor: DOMRect): void
}

/** The rail at the left with a button for each panel; one panel is open at a time. */
export class SideBar {
  readonly #rail = element('nav', { class: 'rail', 'aria-label': STRINGS.rail })
  readonly #panels: readonly SidePanel[]
  readonly #buttons = new Map<string, HTMLButtonElement>()
  readonly #onResize: () => void
  #open: string | undefined
  /** What the open panel took the place of. */
  #replaced: string | undefined

  constructor(parent: HTMLElement, panels: readonly SidePanel[], below: readonly RailButton[], onResize: () => void) {
    this.#panels = panels
    this.#onResize = onResize
    for (const panel of panels) {
      const button = railButton(panel, panel.key === undefined ? panel.label : `${panel.label} (${panel.key})`)
      button.setAttribute('aria-expanded', 'false')
      button.addEventListener('click', () => this.toggle(panel.id))
      this.#buttons.set(panel.id, button)
      this.#rail.append(button)
      panel.root.hidden = true
      panel.root.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        event.stopPropagation()
        this.close()
        button.focus()
      })
    }
    this.#rail.append(element('span', { class: 'spacer' }))
    for (const one of below) {
      const button = railButton(one, one.label)
      button.addEventListener('click', () => one.act(button.getBoundingClientRect()))
      this.#rail.append(button)
    }
    parent.prepend(this.#rail, ...panels.map(({ root }) => root))
  }

  isOpen(id: string): boolean {
    return this.#open === id
  }

  toggle(id: string): void {
    this.#show(this.#open === id ? undefined : id)
  }

  close(): void {
    this.#show(undefined)
  }

  /** Closes the panel; one that it took the place of comes back. */
  back(): void {
    this.#show(this.#replaced)
    this.#replaced = undefined
  }

  #show(id: string | undefined): void {
    this.#replaced = id === undefined ? undefined : this.#open
    this.#open = id
    for (const panel of this.#panels) {
      panel.root.hidden = panel.id !== id
      this.#buttons.get(panel.id)?.setAttribute('aria-expanded', String(panel.id === id))
    }
    this.#onResize()
    const opened = this.#panels.find((panel) => panel.id === id)
    if (opened === undefined) return
    opened.opened()
    opened.root.focus({ preventScroll: true })
  }
}

function railButton({ label, icon: path, testid }: Pick<RailButton, 'label' | 'icon' | 'testid'>, title: string) {
  return element(
    'button',
    { type: 'button', class: 'rail-button', testid, title },
    icon(path),
    element('span', { class: 'rail-label' }, label),
  )
}

/** The frame of a panel: a heading with buttons, and what scrolls below. */
export function sidePanel(
  testid: string,
  title: string,
  buttons: readonly HTMLElement[],
  close: () => void,
  ...content: readonly HTMLElement[]
): HTMLElement {
  const shut = element(
    'button',
    { type: 'button', class: 'button button-quiet', 'aria-label': STRINGS.close, testid: `${testid}-close` },
    icon('M4 4l8 8M12 4l-8 8'),
  )
  shut.addEventListener('click', close)
  return element(
    'aside',
    { class: 'side', testid, tabindex: '-1', 'aria-label': title, hidden: true },
    element('div', { class: 'side-head' }, element('h2', {}, title), ...buttons, shut),
    ...content,
  )
}
