import type { GraphDocument } from './document/document.ts'
import type { TabNote, Tabs } from './tabs.ts'

const PAUSE = 400
/** How often a window says that it is there, and after how long a silent one counts as gone, in milliseconds. */
const BEAT = 4000
const GONE = 13_000
/** Windows that nobody came back to are kept up to this many. */
const MOST_WINDOWS = 12
/** After how long a window that was copied and is still silent is forgotten. */
const DAY = 86_400_000

/** The workflows that a window had open. */
export interface KeptTabs {
  readonly active: string
  readonly tabs: readonly (TabNote & { readonly text: string })[]
}

interface Index {
  readonly time: number
  readonly active: string
  readonly tabs: readonly TabNote[]
  /** Another window has copied it, and it was silent since. */
  readonly isCopied?: true
}

/**
 * Keeps the open workflows in the browser, so that nothing is lost when the page or the browser ends in whatever way. Each
 * window keeps its own; a new one takes over what a window left that is gone.
 */
export class Autosave {
  readonly #storage: Storage
  readonly #window: string
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Ends the saving of the workflow in view, when something of it is not saved yet. */
  #pending: (() => void) | undefined

  private constructor(storage: Storage, window: string) {
    this.#storage = storage
    this.#window = window
  }

  /** Finds this window's workflows again, or those of a window that is gone. */
  static async begin(storage: Storage, session: Storage): Promise<{ autosave: Autosave; kept: KeptTabs | undefined }> {
    const all = [...windowsOf(storage)].sort((a, b) => b.index.time - a.index.time)
    for (const { id } of all.slice(MOST_WINDOWS)) forget(storage, id)
    const left = all.slice(0, MOST_WINDOWS)
    if (navigator.locks === undefined) {
      const id = clientIdOf(session, window)
      return { autosave: new Autosave(storage, id), kept: read(storage, id) ?? copyInto(storage, id, left) }
    }
    const id = await takeOver(session.getItem('gendr.window'), left)
    session.setItem('gendr.window', id)
    return { autosave: new Autosave(storage, id), kept: read(storage, id) }
  }

  /**
   * Saves shortly after each edit, and whatever is unsaved when the page goes away.
   * @param write the text of the workflow in view
   * @param failed told once, when the browser does not take any more
   */
  follow(document: GraphDocument, tabs: Tabs, write: () => string, failed: () => void): void {
    let hasFailed = false
    const put = (key: string, text: string) => {
      try {
        this.#storage.setItem(key, text)
      } catch {
        if (!hasFailed) failed()
        hasFailed = true
      }
    }
    const index = () => {
      const notes = tabs.all.map(({ saved, kept, text, style, openedAt, waiting, ...note }): TabNote => note)
      const text: Index = { time: Date.now(), active: tabs.active.id, tabs: notes }
      put(indexKey(this.#window), JSON.stringify(text))
    }
    this.#pending = () => {
      clearTimeout(this.#timer)
      if (this.#timer === undefined) return
      this.#timer = undefined
      put(tabKey(this.#window, tabs.active.id), write())
      index()
    }
    document.subscribe(() => this.touch())
    tabs.subscribe(() => {
      const open = new Set(tabs.all.map(({ id }) => tabKey(this.#window, id)))
      for (const key of keysOf(this.#storage, `gendr.tab.${this.#window}.`)) {
        if (!open.has(key)) this.#storage.removeItem(key)
      }
      index()
    })
    put(tabKey(this.#window, tabs.active.id), write())
    index()
    setInterval(index, BEAT)
    addEventListener('pagehide', () => this.flush())
    addEventListener('visibilitychange', () => this.flush())
  }

  /** The workflow in view, or where it is looked at from, is another than what is saved. */
  touch(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.flush(), PAUSE)
  }

  /** Saves now what is not saved yet. */
  flush(): void {
    this.#pending?.()
  }
}

/**
 * One name for this window, so that its runs find it again after a reload. Whoever duplicates a window copies what its
 * session has stored, but not what it is called.
 */
export function clientIdOf(storage: Storage, page: { name: string }): string {
  const known = storage.getItem('gendr.client')
  if (known !== null && page.name === known) return known
  page.name = crypto.getRandomValues(new Uint32Array(4)).join('-')
  storage.setItem('gendr.client', page.name)
  return page.name
}

type Left = readonly { readonly id: string; readonly index: Index }[]

/** The first window whose place could be taken, because nobody else is there; else a new one. */
async function takeOver(own: string | null, left: Left): Promise<string> {
  for (const id of [...(own === null ? [] : [own]), ...left.map(({ id }) => id)]) if (await lock(id)) return id
  const id = crypto.getRandomValues(new Uint32Array(3)).join('-')
  await lock(id)
  return id
}

/** Whether the place of a window is ours now. A lock ends with its page, however that ends. */
function lock(id: string): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(`gendr.window.${id}`, { ifAvailable: true }, (held) => {
      resolve(held !== null)
      return held === null ? undefined : new Promise(() => {})
    })
  })
}

/**
 * Pages that came over plain HTTP from afar have no locks, and browsers let a hidden window fall silent: so what a silent
 * one has is copied, and stays its own until it wakes.
 */
function copyInto(storage: Storage, window: string, left: Left): KeptTabs | undefined {
  const silent = (index: Index) => Date.now() - index.time
  for (const { id, index } of left) if (index.isCopied === true && silent(index) > DAY) forget(storage, id)
  const from = left.find(({ index }) => index.isCopied !== true && silent(index) > GONE)
  const kept = from === undefined ? undefined : read(storage, from.id)
  if (from === undefined || kept === undefined) return undefined
  try {
    storage.setItem(indexKey(window), JSON.stringify({ ...from.index, time: Date.now() }))
    for (const { id, text } of kept.tabs) storage.setItem(tabKey(window, id), text)
    storage.setItem(indexKey(from.id), JSON.stringify({ ...from.index, isCopied: true }))
  } catch {
    // A full browser keeps what the other window has, for the next one.
  }
  return kept
}

function read(storage: Storage, window: string): KeptTabs | undefined {
  const index = indexOf(storage, window)
  const tabs = (index?.tabs ?? []).flatMap((tab) => {
    const text = storage.getItem(tabKey(window, tab.id))
    return text === null ? [] : [{ ...tab, text }]
  })
  return index === undefined || tabs.length === 0 ? undefined : { active: index.active, tabs }
}

function indexOf(storage: Storage, window: string): Index | undefined {
  try {
    const index = JSON.parse(storage.getItem(indexKey(window)) ?? 'null') as Index | null
    return index !== null && Array.isArray(index.tabs) ? index : undefined
  } catch {
    return undefined
  }
}

function windowsOf(storage: Storage): Left {
  return keysOf(storage, 'gendr.window.').flatMap((key) => {
    const id = key.slice('gendr.window.'.length)
    const index = indexOf(storage, id)
    return index === undefined ? [] : [{ id, index }]
  })
}

function forget(storage: Storage, window: string): void {
  storage.removeItem(indexKey(window))
  for (const key of keysOf(storage, `gendr.tab.${window}.`)) storage.removeItem(key)
}

function keysOf(storage: Storage, prefix: string): string[] {
  return Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '').filter((key) => key.startsWith(prefix))
}

function indexKey(window: string): string {
  return `gendr.window.${window}`
}

function tabKey(window: string, tab: string): string {
  return `gendr.tab.${window}.${tab}`
}
