export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** public/theme.js reads it before the first paint. */
const KEY = 'gendr.theme'

/** Dark or light: as the system is, unless the person says otherwise. */
export class ThemeChoice {
  readonly #system = matchMedia('(prefers-color-scheme: light)')
  readonly #show: (theme: 'light' | 'dark') => void

  constructor(show: (theme: 'light' | 'dark') => void) {
    this.#show = show
    this.#system.addEventListener('change', () => this.#apply())
  }

  get choice(): Theme {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system'
  }

  set choice(theme: Theme) {
    localStorage.setItem(KEY, theme)
    this.#apply()
  }

  get shown(): 'light' | 'dark' {
    const { choice } = this
    if (choice !== 'system') return choice
    return this.#system.matches ? 'light' : 'dark'
  }

  #apply(): void {
    const { choice } = this
    if (choice === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = choice
    this.#show(this.shown)
  }
}
