import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { element } from './element.ts'
import { type Anchor, openPopup } from './popup.ts'

const MOST = 60

/** A list of nodes to add, narrowed by typing; the arrow keys choose, Enter adds. */
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
    testid: 'node-search',
    autocomplete: 'off',
  })
  const list = element('div', { class: 'search-list', role: 'listbox' })
  const panel = element('div', { class: 'search' }, field, list)
  let chosen = 0
  let found: NodeDescription[] = []

  function show(): void {
    found = matching(types, field.value).slice(0, MOST)
    chosen = 0
    list.replaceChildren(
      ...(found.length === 0 ? [element('p', { class: 'search-none' }, 'No node of that name.')] : []),
      ...found.map((type, i) => {
        const option = element(
          'button',
          { type: 'button', class: 'search-item', role: 'option', testid: `add-${type.id}`, title: type.summary },
          element('span', { class: 'search-title' }, type.title),
          element('span', { class: 'search-category' }, type.category),
          element('span', { class: 'search-summary' }, type.summary),
        )
        option.addEventListener('click', () => choose(i))
        option.addEventListener('pointermove', () => mark(i))
        return option
      }),
    )
    mark(0)
  }

  function mark(index: number): void {
    chosen = index
    for (const [i, option] of [...list.children].entries()) {
      option.setAttribute('aria-selected', String(i === index))
      if (i === index) option.scrollIntoView({ block: 'nearest' })
    }
  }

  function choose(index: number): void {
    const type = found[index]
    close()
    if (type !== undefined) add(type)
  }

  field.addEventListener('input', show)
  field.addEventListener('keydown', (event) => {
    event.stopPropagation()
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      if (found.length > 0) mark((chosen + step + found.length) % found.length)
    } else if (event.key === 'Enter') {
      choose(chosen)
    }
  })
  show()
  const close = openPopup(panel, anchor)
  field.focus()
}

/** Every word must occur; titles that start with the text come first. */
function matching(types: readonly NodeDescription[], text: string): NodeDescription[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const rank = ({ title, id }: NodeDescription) =>
    [title, id].some((name) => name.toLowerCase().startsWith(words[0] ?? '')) ? 0 : 1
  return types
    .filter(({ title, id, category, summary }) => {
      const all = `${title} ${id} ${category} ${summary}`.toLowerCase()
      return words.every((word) => all.includes(word))
    })
    .sort((a, b) => rank(a) - rank(b) || a.category.localeCompare(b.category) || a.title.localeCompare(b.title))
}
