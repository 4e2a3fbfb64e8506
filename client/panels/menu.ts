import { element } from '../browser/element.ts'
import { type Anchor, openPopup } from './popup.ts'

export interface MenuItem {
  readonly label: string
  /** Shown at the right, such as a shortcut. */
  readonly note?: string
  readonly checked?: boolean
  /** A colour, shown beside the label. */
  readonly swatch?: string
  readonly testid?: string
  act(): void
}

/** A menu that arrow keys and first letters move through. A `null` is a line. */
export function openMenu(label: string, items: readonly (MenuItem | null)[], anchor: Anchor): void {
  const list = element('div', { class: 'menu', role: 'menu', 'aria-label': label, testid: 'menu' })
  const buttons: HTMLButtonElement[] = []
  for (const item of items) {
    if (item === null) {
      list.append(element('hr'))
      continue
    }
    const button = element(
      'button',
      {
        class: 'menu-item',
        role: 'menuitem',
        type: 'button',
        ...(item.checked === true ? { 'aria-current': 'true' } : {}),
        ...(item.testid === undefined ? {} : { testid: item.testid }),
      },
      ...(item.swatch === undefined ? [] : [swatch(item.swatch)]),
      element('span', {}, item.label),
      element('span', { class: 'menu-note' }, item.note ?? ''),
    )
    button.addEventListener('click', () => {
      close()
      item.act()
    })
    button.addEventListener('pointerenter', () => button.focus({ preventScroll: true }))
    buttons.push(button)
    list.append(button)
  }
  list.addEventListener('keydown', (event) => move(event, buttons))
  if (anchor.width !== undefined) list.style.minWidth = `${anchor.width}px`
  const close = openPopup(list, anchor)
  const first = buttons.find((button) => button.hasAttribute('aria-current')) ?? buttons[0]
  first?.focus()
  first?.scrollIntoView({ block: 'nearest' })
}

/** The policy of the page allows no style in the text of a page, but a script may set one. */
function swatch(color: string): HTMLElement {
  const made = element('span', { class: 'menu-swatch' })
  made.style.background = color
  return made
}

function move(event: KeyboardEvent, buttons: readonly HTMLButtonElement[]): void {
  const at = document.activeElement instanceof HTMLButtonElement ? buttons.indexOf(document.activeElement) : -1
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const target =
    step !== 0
      ? buttons[(at + step + buttons.length) % buttons.length]
      : event.key.length === 1 && !event.ctrlKey && !event.metaKey
        ? [...buttons.slice(at + 1), ...buttons].find((button) =>
            button.textContent.toLowerCase().startsWith(event.key.toLowerCase()),
          )
        : undefined
  if (target === undefined) return
  event.preventDefault()
  target.focus()
}
