import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'
import { sidePanel } from './side-bar.ts'

export interface TemplateCard {
  readonly name: string
  readonly title: string
  readonly summary: string
  /** Where its picture is; undefined where it has none. */
  readonly picture: string | undefined
}

interface TemplatesActions {
  list(): Promise<readonly TemplateCard[]>
  open(name: string): void
  failed(error: unknown): void
  close(): void
}

/** Graphs to start from, each with a picture of what it does. */
export class TemplatesPanel {
  readonly root: HTMLElement
  readonly #list = element('div', { class: 'cards', testid: 'templates-list' })
  readonly #actions: TemplatesActions

  constructor(actions: TemplatesActions) {
    this.#actions = actions
    this.root = sidePanel('templates-panel', STRINGS.templates.title, [], () => actions.close(), this.#list)
  }

  async fill(): Promise<void> {
    try {
      const cards = await this.#actions.list()
      this.#list.replaceChildren(
        ...(cards.length === 0 ? [element('p', { class: 'side-none' }, STRINGS.templates.none)] : []),
        ...cards.map((card) => this.#card(card)),
      )
    } catch (error) {
      this.#actions.failed(error)
    }
  }

  #card({ name, title, summary, picture }: TemplateCard): HTMLElement {
    const image = picture === undefined ? [] : [element('img', { src: picture, alt: '', loading: 'lazy' })]
    const card = element(
      'button',
      { type: 'button', class: 'card', testid: `template-${name}` },
      ...image,
      element('span', { class: 'card-title' }, title),
      element('span', { class: 'card-words' }, summary),
    )
    card.addEventListener('click', () => this.#actions.open(name))
    return card
  }
}
