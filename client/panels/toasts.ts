import { element } from '../browser/element.ts'

export type Tone = 'error' | 'warning' | 'good'

const SHOWN_FOR = 9000
const MOST = 4

export interface ToastAction {
  readonly label: string
  act(): void
}

interface More {
  readonly action?: ToastAction | undefined
  /**
   * What it goes with when that is withdrawn.
   * @default the message itself
   */
  readonly about?: string | undefined
  /** It stays until it is closed, as errors do: what it offers may be found hours later. */
  readonly stays?: boolean
}

/** Messages in words at the bottom of the page; errors stay until they are closed, or withdrawn. */
export class Toasts {
  readonly #list = element('div', { class: 'toasts', testid: 'toasts', role: 'status', 'aria-live': 'polite' })

  constructor(parent: HTMLElement) {
    parent.append(this.#list)
  }

  show(
    tone: Tone,
    message: string,
    remedy = '',
    { action, about = message, stays = tone === 'error' }: More = {},
  ): void {
    const known = [...this.#list.children].find((toast) => toast.getAttribute('data-message') === message)
    known?.remove()
    const close = element(
      'button',
      { type: 'button', class: 'toast-close', 'aria-label': 'Close', testid: 'toast-close' },
      '×',
    )
    const toast = element(
      'div',
      {
        class: `toast toast-${tone}`,
        testid: 'toast',
        'data-tone': tone,
        'data-message': message,
        'data-about': about,
        // Else a screen reader tells of it when it has said everything else.
        ...(tone === 'error' && { role: 'alert' }),
      },
      element(
        'div',
        { class: 'toast-text' },
        element('p', {}, message),
        element('p', { class: 'toast-remedy' }, remedy),
      ),
      close,
    )
    close.addEventListener('click', () => toast.remove())
    if (action !== undefined) {
      const button = element(
        'button',
        { type: 'button', class: 'button toast-action', testid: 'toast-action' },
        action.label,
      )
      button.addEventListener('click', () => {
        toast.remove()
        action.act()
      })
      close.before(button)
    }
    this.#list.append(toast)
    while (this.#list.children.length > MOST) this.#list.firstElementChild?.remove()
    if (!stays) setTimeout(() => toast.remove(), SHOWN_FOR)
  }

  /** Takes messages back that are true no more. */
  withdraw(about: string): void {
    for (const toast of [...this.#list.children]) if (toast.getAttribute('data-about') === about) toast.remove()
  }
}
