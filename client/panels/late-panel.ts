import { Late } from '../late.ts'
import { element } from './element.ts'

/** A panel beside the graph whose code is loaded when it is opened first. */
export class LatePanel<P extends { readonly root: HTMLElement }> {
  readonly root = element('div', { class: 'side-late' })
  readonly #panel: Late<P>
  readonly #fill: (panel: P) => void
  readonly #failed: (error: unknown) => void

  constructor(make: () => Promise<P>, fill: (panel: P) => void, failed: (error: unknown) => void) {
    this.#panel = new Late(make)
    this.#fill = fill
    this.#failed = failed
  }

  get(): Promise<P> {
    return this.#panel.get()
  }

  /** Undefined as long as it was never needed. */
  get now(): P | undefined {
    return this.#panel.now
  }

  opened(): void {
    void this.get().then((panel) => {
      if (panel.root.parentElement !== this.root) {
        panel.root.hidden = false
        this.root.append(panel.root)
      }
      if (this.root.hidden) return
      panel.root.focus({ preventScroll: true })
      this.#fill(panel)
    }, this.#failed)
  }
}
