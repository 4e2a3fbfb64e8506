import type { Viewpoint } from './canvas/graph-view.ts'
import type { DocumentState, GraphDocument } from './document/document.ts'
import type { EditHistory, HistoryState } from './document/history.ts'
import type { FileStyle } from './document/read-file.ts'

/** A workflow that is open, in view or not. */
export interface Tab {
  readonly id: string
  name: string
  /** Whether it was edited since it was opened or saved. */
  isChanged: boolean
  /** Where in the host's library it is kept. */
  libraryPath?: string
  /** One of the host's templates. */
  isExample?: boolean
  /** What it was when it left the view; the one in view is the document's. */
  kept?: { readonly document: DocumentState; readonly history: HistoryState; readonly viewpoint: Viewpoint }
  /** From the last visit, not read yet. */
  text?: string
  /** How its file was laid out. */
  style?: FileStyle
  /** Where it was first looked at from here: as long as that is so, the file's own viewpoint is saved. */
  openedAt?: Viewpoint
}

interface TabParts {
  readonly document: GraphDocument
  readonly history: EditHistory
  readonly view: { viewpoint: Viewpoint; fit(): void }
  /** Reads the text of a tab that was kept from the last visit into the document. */
  read(text: string): void
  /** The tab in view is about to leave it. */
  leaving(): void
}

/** The workflows that are open: each with its own document, history and place that it is looked at from. */
export class Tabs {
  readonly #parts: TabParts
  readonly #listeners = new Set<() => void>()
  #tabs: Tab[] = []
  #active: Tab

  constructor(parts: TabParts) {
    this.#parts = parts
    this.#active = newTab('Untitled')
    this.#tabs = [this.#active]
    parts.history.subscribe(() => {
      const isChanged = this.#active.isChanged || parts.history.canUndo
      if (isChanged === this.#active.isChanged) return
      this.#active.isChanged = isChanged
      this.#tell()
    })
  }

  get all(): readonly Tab[] {
    return this.#tabs
  }

  get active(): Tab {
    return this.#active
  }

  /** Whether nobody would miss what is in view: an empty graph, or an example that was not touched. */
  get isDisposable(): boolean {
    const { isChanged, isExample } = this.#active
    return !isChanged && (isExample === true || this.#parts.document.whole.nodes.size === 0)
  }

  /** A new tab in view, empty. */
  add(name: string): Tab {
    this.#leave()
    const tab = newTab(name)
    this.#tabs.splice(this.#tabs.indexOf(this.#active) + 1, 0, tab)
    this.#active = tab
    this.#tell()
    return tab
  }

  /** Brings a tab into view. */
  show(id: string): void {
    const tab = this.#tabs.find((each) => each.id === id)
    if (tab === undefined || tab === this.#active) return
    this.#leave()
    this.#enter(tab)
  }

  /** The next tab, or the one before. */
  step(by: 1 | -1): void {
    const at = this.#tabs.indexOf(this.#active)
    const next = this.#tabs[(at + by + this.#tabs.length) % this.#tabs.length]
    if (next !== undefined) this.show(next.id)
  }

  /** Closes a tab; the last one becomes an empty one. */
  close(id: string): void {
    const at = this.#tabs.findIndex((each) => each.id === id)
    const tab = this.#tabs[at]
    if (tab === undefined) return
    this.#tabs.splice(at, 1)
    const next = this.#tabs[at] ?? this.#tabs[at - 1]
    if (tab !== this.#active) this.#tell()
    else if (next !== undefined) this.#enter(next)
    else {
      const empty = { ...newTab('Untitled'), text: '{"nodes": [], "links": []}' }
      this.#tabs = [empty]
      this.#enter(empty)
    }
  }

  /** Puts tabs of an earlier visit back, the active one first into view. */
  restore(
    tabs: readonly { readonly id: string; readonly name: string; readonly isChanged: boolean; readonly text: string }[],
    active: string,
  ): void {
    if (tabs.length === 0) return
    this.#tabs = tabs.map((tab) => ({ ...tab }))
    this.#enter(this.#tabs.find(({ id }) => id === active) ?? this.#tabs[0]!)
  }

  rename(name: string): void {
    this.#active.name = name
    this.#tell()
  }

  /** What is open now is what was saved. */
  saved(): void {
    this.#active.isChanged = false
    this.#tell()
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #leave(): void {
    const { document, history, view } = this.#parts
    this.#parts.leaving()
    this.#active.kept = { document: document.state, history: history.state, viewpoint: view.viewpoint }
  }

  #enter(tab: Tab): void {
    const { document, history, view } = this.#parts
    const { kept, text, isChanged } = tab
    this.#active = tab
    if (kept !== undefined) {
      delete tab.kept
      document.state = kept.document
      history.state = kept.history
      view.viewpoint = kept.viewpoint
    } else if (text !== undefined) {
      delete tab.text
      this.#parts.read(text)
      tab.isChanged = isChanged
    }
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function newTab(name: string): Tab {
  return { id: crypto.getRandomValues(new Uint32Array(2)).join('-'), name, isChanged: false }
}
