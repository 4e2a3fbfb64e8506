import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { element } from '../browser/element.ts'
import { matchingNodes } from './node-match.ts'
import { type Anchor, openPopup } from './popup.ts'

const MOST = 80
const MOST_RECENT = 6
const RECENT = 'gendr.recent-nodes'

/**
 * A list of nodes to add, narrowed by typing; the arrow keys choose, Enter adds. Before anything is typed it shows what
 * was used last, then everything by category.
 */
export function openNodeSearch(
  types: readonly NodeDescription[],
  anchor: Anchor,
  add: (type: NodeDescription) => void,
): void {
  const field = element('input', {
    class: 'search-field',
    type: 'text',
    placeholder: 'Add a node…',
    'aria-label': 'Search nodes',
    'aria-controls': 'node-search-list',
    'aria-autocomplete': 'list',
    role: 'combobox',
    'aria-expanded': 'true',
    testid: 'node-search',
    autocomplete: 'off',
  })
  const list = element('div', { class: 'search-list', role: 'listbox', id: 'node-search-list', 'aria-label': 'Nodes' })
  const panel = element('div', { class: 'search' }, field, list)
  let chosen = 0
  let options: HTMLElement[] = []
  let found: NodeDescription[] = []

  function show(): void {
    const sections =
      field.value.trim() === ''
        ? byCategory(types)
        : [{ title: '', types: matchingNodes(types, field.value, recentNodes()) }]
    found = sections.flatMap((section) => section.types).slice(0, MOST)
    options = []
    const children: HTMLElement[] = []
    for (const { title, types } of sections) {
      if (title !== '' && types.length > 0) children.push(element('p', { class: 'search-heading' }, title))
      for (const type of types) {
        if (options.length >= MOST) break
        const option = optionOf(type, options.length)
        options.push(option)
        children.push(option)
      }
    }
    if (found.length === 0)
      children.push(element('p', { class: 'search-none' }, 'No node of this host is called that, or does that.'))
    list.replaceChildren(...children)
    mark(0)
    list.scrollTop = 0
  }

  function optionOf(type: NodeDescription, index: number): HTMLElement {
    const option = element(
      'button',
      {
        type: 'button',
        class: 'search-item',
        role: 'option',
        tabindex: '-1',
        id: `node-option-${index}`,
        testid: `add-${type.id}`,
        title: type.summary,
      },
      element('span', { class: 'search-title' }, type.title),
      element('span', { class: 'search-category' }, type.category),
      element('span', { class: 'search-summary' }, type.summary),
    )
    option.addEventListener('click', () => choose(index))
    option.addEventListener('pointermove', () => mark(index))
    return option
  }

  function mark(index: number): void {
    chosen = index
    for (const [i, option] of options.entries()) {
      option.setAttribute('aria-selected', String(i === index))
      if (i === index) option.scrollIntoView({ block: 'nearest' })
    }
    if (options.length > 0) field.setAttribute('aria-activedescendant', `node-option-${index}`)
  }

  function choose(index: number): void {
    const type = found[index]
    close()
    if (type === undefined) return
    remember(type.id)
    add(type)
  }

  field.addEventListener('input', show)
  field.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation()
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      const isPage = Math.abs(step) > 1
      const next = isPage
        ? Math.max(0, Math.min(found.length - 1, chosen + step))
        : (chosen + step + found.length) % Math.max(1, found.length)
      if (found.length > 0) mark(next)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(chosen)
    }
  })
  show()
  const close = openPopup(panel, anchor)
  field.focus()
}

function byCategory(types: readonly NodeDescription[]): { title: string; types: NodeDescription[] }[] {
  const known = new Map(types.map((type) => [type.id, type]))
  const recent = recentNodes().flatMap((id) => known.get(id) ?? [])
  const sections = new Map<string, NodeDescription[]>()
  for (const type of types) sections.set(type.category, [...(sections.get(type.category) ?? []), type])
  return [
    { title: 'Used last', types: recent },
    ...[...sections]
      .sort(([a], [b]) => Number(a === 'editor') - Number(b === 'editor') || a.localeCompare(b))
      .map(([category, types]) => ({
        title: category === '' ? 'other' : category,
        types: types.toSorted((a, b) => a.title.localeCompare(b.title)),
      })),
  ]
}

function recentNodes(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? '[]')
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

function remember(id: string): void {
  try {
    localStorage.setItem(
      RECENT,
      JSON.stringify([id, ...recentNodes().filter((other) => other !== id)].slice(0, MOST_RECENT)),
    )
  } catch {
    // Without storage the list simply starts with the categories.
  }
}
