import { element } from '../browser/element.ts'
import { Late } from '../browser/late.ts'

/** A panel beside the graph whose code is loaded when it is opened first. */
export class LatePanel<P extends { readonly root: HTMLElement }> {
  readonly root = element('div', { class: 'side-late' })
  readonly #panel: Late<P>
  readonly #fill: (panel: P) => void
  readonly #failed: (error: unknown) => void
  readonly #resized: () => void

  /** @param resized told when the panel has come and takes its room */
  constructor(make: () => Promise<P>, fill: (panel: P) => void, failed: (error: unknown) => void, resized: () => void) {
    this.#panel = new Late(make)
    this.#fill = fill
    this.#failed = failed
    this.#resized = resized
  }

  get(): Promise<P> {
    return this.#panel.get()
  }

  /** Undefined as long as it was never needed. */
  get now(): P | undefined {
    return this.#panel.now
  }

  opened(): void {
    if (this.now !== undefined) this.#show(this.now)
    else void this.get().then((panel) => this.#show(panel), this.#failed)
  }

  #show(panel: P): void {
    if (panel.root.parentElement !== this.root) {
      panel.root.hidden = false
      this.root.append(panel.root)
      this.#resized()
    }
    if (this.root.hidden) return
    panel.root.focus({ preventScroll: true })
    this.#fill(panel)
  }
}
