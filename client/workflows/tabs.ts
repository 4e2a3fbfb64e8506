import type { Viewpoint } from '../canvas/graph-view.ts'
import type { Change } from '../document/change.ts'
import type { DocumentState, GraphDocument } from '../document/document.ts'
import { type EditHistory, type HistoryState, latestOf } from '../document/history.ts'
import type { FileStyle } from '../document/read-file.ts'
import { nameOf } from '../host/library.ts'

/** A workflow that is open, in view or not. */
export interface Tab {
  readonly id: string
  name: string
  /** Whether it is another than the one that was opened or saved. */
  isChanged: boolean
  /** The latest edit that was saved with it; undefined where it was saved as it had been opened. */
  saved?: readonly Change[] | undefined
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
  /** What is done to it as soon as it is in view. */
  waiting?: (() => void)[]
}

/** What is known of a workflow when it opens. */
export type Opened = Pick<Tab, 'name' | 'libraryPath' | 'isExample' | 'style'>

/** What of a tab survives the page, beside its text. */
export type TabNote = Readonly<Pick<Tab, 'id' | 'name' | 'isChanged' | 'libraryPath' | 'isExample'>>

/** No edit of a history: what was saved before the reload that it begins with, or is in the library no more. */
const LOST: readonly Change[] = []

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
    this.#active = newTab({ name: 'Untitled' })
    this.#tabs = [this.#active]
    parts.history.subscribe(() => {
      const isChanged = this.#isChanged(this.#active)
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
  add(opened: Opened): void {
    this.#leave()
    this.#insert(newTab(opened), 0)
  }

  /** A new tab in view, empty, in the place of one that nobody would miss. */
  open(opened: Opened): void {
    if (this.isDisposable) this.#insert(newTab(opened), 1)
    else this.add(opened)
  }

  /** Brings a tab into view. */
  show(id: string): void {
    const tab = this.#tabs.find((each) => each.id === id)
    if (tab === undefined || tab === this.#active) return
    this.#leave()
    this.#enter(tab)
  }

  /** Does something to a tab: now where it is in view, else when it is; to a closed one never. */
  whenShown(id: string, act: () => void): void {
    const tab = this.#tabs.find((each) => each.id === id)
    if (tab === this.#active) act()
    else if (tab !== undefined) tab.waiting = [...(tab.waiting ?? []), act]
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
      const empty = { ...newTab({ name: 'Untitled' }), text: '{"nodes": [], "links": []}' }
      this.#tabs = [empty]
      this.#enter(empty)
    }
  }

  /** Puts tabs of an earlier visit back, the active one first into view. */
  restore(tabs: readonly (TabNote & { readonly text: string })[], active: string): void {
    if (tabs.length === 0) return
    this.#tabs = tabs.map((tab) => ({ ...tab, ...(tab.isChanged && { saved: LOST }) }))
    this.#enter(this.#tabs.find(({ id }) => id === active) ?? this.#tabs[0]!)
  }

  rename(name: string): void {
    this.#active.name = name
    this.#tell()
  }

  /**
   * What is in view now is about to be saved.
   * @returns to be called once it is, whatever is in view then, with its path where the library has it
   */
  saving(): (path?: string) => void {
    const tab = this.#active
    const saved = latestOf(this.#parts.history.state)
    return (path) => {
      tab.saved = saved
      tab.isChanged = this.#isChanged(tab)
      delete tab.isExample
      if (path !== undefined) place(tab, path)
      this.#tell()
    }
  }

  /** The library has a workflow under another path. */
  moved(from: string, to: string): void {
    for (const tab of this.#tabs) {
      if (tab.libraryPath === from) place(tab, to)
    }
    this.#tell()
  }

  /**
   * The library has a workflow no more: nobody has saved it now.
   * @returns to be called when the library has it again as it was
   */
  removed(path: string): () => void {
    const tabs = this.#tabs.filter(({ libraryPath }) => libraryPath === path)
    const before = tabs.map((tab) => ({ tab, ...tab }))
    for (const tab of tabs) {
      tab.saved = LOST
      tab.isChanged = true
    }
    this.#tell()
    return () => {
      for (const { tab, saved, isChanged } of before) {
        // It was saved meanwhile.
        if (tab.saved !== LOST) continue
        tab.saved = saved
        tab.isChanged = isChanged
        tab.isChanged = this.#isChanged(tab)
      }
      this.#tell()
    }
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #insert(tab: Tab, replaced: 0 | 1): void {
    this.#tabs.splice(this.#tabs.indexOf(this.#active) + 1 - replaced, replaced, tab)
    this.#active = tab
    this.#tell()
  }

  #isChanged(tab: Tab): boolean {
    const history = tab === this.#active ? this.#parts.history.state : tab.kept?.history
    return history === undefined ? tab.isChanged : latestOf(history) !== tab.saved
  }

  #leave(): void {
    const { document, history, view } = this.#parts
    this.#parts.leaving()
    this.#active.kept = { document: document.state, history: history.state, viewpoint: view.viewpoint }
  }

  #enter(tab: Tab): void {
    const { document, history, view } = this.#parts
    const { kept, text, waiting = [] } = tab
    this.#active = tab
    delete tab.waiting
    if (kept !== undefined) {
      delete tab.kept
      document.state = kept.document
      history.state = kept.history
      view.viewpoint = kept.viewpoint
    } else if (text !== undefined) {
      delete tab.text
      this.#parts.read(text)
    }
    this.#tell()
    for (const act of waiting) act()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function newTab(opened: Opened): Tab {
  return { ...opened, id: crypto.getRandomValues(new Uint32Array(2)).join('-'), isChanged: false }
}

function place(tab: Tab, path: string): void {
  tab.libraryPath = path
  tab.name = nameOf(path)
}
