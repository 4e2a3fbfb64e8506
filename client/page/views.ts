export type View = 'graph' | 'form'

const KEY = 'gendr.view'
/** Narrower pages, in CSS pixels, begin with the form, wiring needs room; there is room for one thing at a time. */
export const NARROW = 700

/** The graph, or the form of it; the choice is kept. */
export class Views {
  readonly #storage: Storage
  readonly #show: (view: View) => void
  #shown: View = 'graph'

  constructor(storage: Storage, { show }: { show(view: View): void }) {
    this.#storage = storage
    this.#show = show
  }

  get shown(): View {
    return this.#shown
  }

  /** @param width of the page in CSS pixels */
  begin(width: number): void {
    const kept = this.#storage.getItem(KEY)
    this.#set(kept === 'form' || (kept !== 'graph' && width < NARROW) ? 'form' : 'graph')
  }

  show(view: View): void {
    this.#storage.setItem(KEY, view)
    this.#set(view)
  }

  #set(view: View): void {
    this.#shown = view
    this.#show(view)
  }
}
