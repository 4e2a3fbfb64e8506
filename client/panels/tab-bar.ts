import { element, icon } from '../browser/element.ts'
import type { Tabs } from '../workflows/tabs.ts'

interface TabBarActions {
  add(): void
  close(id: string): void
  rename(id: string, anchor: DOMRect): void
  /** Keys mean the graph again. */
  focusGraph(): void
  /** The way into the subgraph in view, outermost first; empty for the outermost level. */
  path(): readonly string[]
  /** Goes back to a level of that way; 0 is the outermost. */
  leaveTo(depth: number): void
}

/** The workflows that are open, and where in the one in view one is. */
export class TabBar {
  readonly #tabs: Tabs
  readonly #actions: TabBarActions
  readonly #list = element('div', { class: 'tab-list', role: 'tablist', 'aria-label': 'Workflows', testid: 'tabs' })
  #shown = new Map<string, HTMLElement>()
  /** The tab that was brought into sight; it is left where it is until another is in view. */
  #revealed: string | undefined
  #path: readonly string[] = []
  readonly #way = element('nav', { class: 'breadcrumb', 'aria-label': 'Subgraph', testid: 'breadcrumb' })

  constructor(bar: HTMLElement, tabs: Tabs, actions: TabBarActions) {
    this.#tabs = tabs
    this.#actions = actions
    const add = element(
      'button',
      {
        type: 'button',
        class: 'tab-add',
        'aria-label': 'New workflow',
        title: 'New workflow (Alt+T)',
        testid: 'tab-add',
      },
      icon('M8 3.5v9M3.5 8h9'),
    )
    add.addEventListener('click', () => actions.add())
    bar.append(this.#list, add, this.#way)
    tabs.subscribe(() => this.show())
    this.show()
  }

  show(): void {
    const focused = document.activeElement?.closest('[role=tab]')?.getAttribute('data-tab')
    const shown = new Map(this.#tabs.all.map((tab) => [tab.id, this.#shown.get(tab.id) ?? this.#tab(tab.id)]))
    this.#shown = shown
    for (const tab of this.#tabs.all) this.#label(tab)
    // A press on a tab may end an edit, which comes here: the tab must stay for its click.
    const tabs = [...shown.values()]
    const isSame = tabs.length === this.#list.children.length && tabs.every((tab, i) => tab === this.#list.children[i])
    if (!isSame) this.#list.replaceChildren(...tabs)
    const { id } = this.#tabs.active
    if (id !== this.#revealed) shown.get(id)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    this.#revealed = id
    if (focused != null) this.#list.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
    this.showPath()
  }

  /** Where a tab is on the page. */
  placeOf(id: string): DOMRect {
    return (this.#shown.get(id) ?? this.#list).getBoundingClientRect()
  }

  showPath(): void {
    const names = [this.#tabs.active.name, ...this.#actions.path()]
    if (names.length === this.#path.length && names.every((name, i) => name === this.#path[i])) return
    this.#path = names
    this.#way.hidden = names.length === 1
    const steps = names.flatMap((name, depth) => {
      const isHere = depth === names.length - 1
      const step = element(
        'button',
        {
          type: 'button',
          class: 'breadcrumb-step',
          ...(isHere ? { 'aria-current': 'page' } : {}),
          testid: `level-${depth}`,
        },
        name,
      )
      step.addEventListener('click', () => this.#actions.leaveTo(depth))
      return depth === 0 ? [step] : [element('span', { class: 'breadcrumb-mark', 'aria-hidden': 'true' }, '›'), step]
    })
    this.#way.replaceChildren(...steps)
  }

  /** What a tab says of its workflow. */
  #label({ id, name, isChanged }: Tabs['all'][number]): void {
    const tab = this.#shown.get(id)
    const isActive = id === this.#tabs.active.id
    tab?.setAttribute('tabindex', isActive ? '0' : '-1')
    tab?.setAttribute('aria-selected', String(isActive))
    tab?.setAttribute('title', isChanged ? `${name}: changed` : name)
    tab?.querySelector('.tab-close')?.setAttribute('aria-label', `Close ${name}`)
    const words = tab?.querySelector('.tab-name')
    if (words != null && words.textContent !== name) words.textContent = name
    const mark = tab?.querySelector('.tab-changed')
    if (!isChanged) mark?.remove()
    else if (mark === null) words?.after(element('span', { class: 'tab-changed', 'aria-label': 'changed' }))
  }

  #tab(id: string): HTMLElement {
    const tab = element(
      'div',
      { class: 'tab', role: 'tab', 'data-tab': id, testid: 'tab' },
      element('span', { class: 'tab-name' }),
    )
    const actions = this.#actions
    const close = element(
      'button',
      { type: 'button', class: 'tab-close', tabindex: '-1', testid: 'tab-close' },
      icon('M4.5 4.5l7 7M11.5 4.5l-7 7'),
    )
    close.addEventListener('click', (event) => {
      event.stopPropagation()
      this.#actions.close(id)
    })
    tab.append(close)
    tab.addEventListener('click', () => {
      this.#tabs.show(id)
      actions.focusGraph()
    })
    tab.addEventListener('auxclick', (event) => {
      if (event.button === 1) this.#actions.close(id)
    })
    tab.addEventListener('dblclick', () => this.#actions.rename(id, tab.getBoundingClientRect()))
    tab.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowRight') this.#tabs.step(1)
      else if (event.key === 'ArrowLeft') this.#tabs.step(-1)
      else if (event.key === 'Enter' || event.key === ' ') this.#tabs.show(id)
      else if (event.key === 'Delete') this.#actions.close(id)
      else return
      event.preventDefault()
      event.stopPropagation()
    })
    return tab
  }
}
