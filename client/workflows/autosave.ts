import type { GraphDocument } from '../document/document.ts'
import type { TabNote, Tabs } from './tabs.ts'

const PAUSE = 400
/** How often a window says that it is there, and after how long a silent one counts as gone, in milliseconds. */
const BEAT = 4000
const GONE = 13_000
/** Windows that nobody came back to are kept up to this many. */
const MOST_WINDOWS = 12
/** After how long a silent window that was copied is forgotten; one without a lock that was not may then make room. */
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
  /** What the browser has not taken, by key: it is offered again with whatever is saved next. */
  readonly #refused = new Map<string, string>()
  #wasFull = false
  #full: (isFull: boolean) => void = () => {}

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
      const autosave = new Autosave(storage, id)
      return { autosave, kept: read(storage, id) ?? autosave.#copy(left) }
    }
    const id = await takeOver(session.getItem('gendr.window'), left)
    session.setItem('gendr.window', id)
    return { autosave: new Autosave(storage, id), kept: read(storage, id) }
  }

  /** Whether the browser has no room for something that is open. */
  get isFull(): boolean {
    return this.#refused.size > 0
  }

  /**
   * Saves shortly after each edit, and whatever is unsaved when the page goes away.
   * @param write the text of the workflow in view
   * @param full told when `isFull` is another
   */
  follow(document: GraphDocument, tabs: Tabs, write: () => string, full: (isFull: boolean) => void): void {
    this.#full = full
    const index = () => {
      const notes = tabs.all.map(({ saved, kept, text, style, openedAt, waiting, ...note }): TabNote => note)
      const text: Index = { time: Date.now(), active: tabs.active.id, tabs: notes }
      this.#put(indexKey(this.#window), JSON.stringify(text))
      this.#offerAgain()
      if (this.isFull) void this.#makeRoom()
      else this.#tell()
    }
    this.#pending = () => {
      clearTimeout(this.#timer)
      if (this.#timer === undefined) return
      this.#timer = undefined
      this.#put(tabKey(this.#window, tabs.active.id), write())
      index()
    }
    document.subscribe(() => this.touch())
    tabs.subscribe(() => {
      const open = new Set(tabs.all.map(({ id }) => tabKey(this.#window, id)))
      const prefix = tabKey(this.#window, '')
      for (const key of [...keysOf(this.#storage, prefix), ...this.#refused.keys()]) {
        if (!key.startsWith(prefix) || open.has(key)) continue
        this.#storage.removeItem(key)
        this.#refused.delete(key)
      }
      index()
    })
    this.#put(tabKey(this.#window, tabs.active.id), write())
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

  #put(key: string, text: string): void {
    try {
      this.#storage.setItem(key, text)
      this.#refused.delete(key)
    } catch {
      this.#refused.set(key, text)
    }
  }

  #offerAgain(): void {
    for (const [key, text] of this.#refused) this.#put(key, text)
  }

  /** Gives up what windows have left that are gone, as much as what is open needs; where that is of no use, nothing. */
  async #makeRoom(): Promise<void> {
    const forgotten: Entries[] = []
    for (const id of await dispensable(this.#storage, this.#window)) {
      if (!this.isFull) break
      forgotten.push(forget(this.#storage, id))
      this.#offerAgain()
    }
    // Something is too large; what else was open may have been taken, and has the place of the first of these.
    if (this.isFull) for (const entries of forgotten.reverse()) putBack(this.#storage, entries)
    this.#tell()
  }

  #tell(): void {
    if (this.isFull === this.#wasFull) return
    this.#wasFull = this.isFull
    this.#full(this.isFull)
  }

  /**
   * Pages that came over plain HTTP from afar have no locks, and browsers let a hidden window fall silent: so what a silent
   * one has is copied, and stays its own until it wakes.
   */
  #copy(left: Left): KeptTabs | undefined {
    for (const { id, index } of left) if (index.isCopied === true && silent(index) > DAY) forget(this.#storage, id)
    const from = left.find(({ index }) => index.isCopied !== true && silent(index) > GONE)
    const kept = from === undefined ? undefined : read(this.#storage, from.id)
    if (from === undefined || kept === undefined) return undefined
    this.#put(indexKey(this.#window), JSON.stringify({ ...from.index, time: Date.now() }))
    for (const { id, text } of kept.tabs) this.#put(tabKey(this.#window, id), text)
    // A full browser keeps what the other window has, for the next one.
    if (!this.isFull) this.#put(indexKey(from.id), JSON.stringify({ ...from.index, isCopied: true }))
    return kept
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
    void navigator.locks.request(indexKey(id), { ifAvailable: true }, (held) => {
      resolve(held !== null)
      return held === null ? undefined : new Promise(() => {})
    })
  })
}

/** Windows that may go for a living one: first those that were copied, then those that were silent for longest. */
async function dispensable(storage: Storage, own: string): Promise<readonly string[]> {
  const { held } = (await navigator.locks?.query()) ?? {}
  const locked = new Set(held?.map(({ name }) => name))
  const isGone = ({ id, index }: Left[number]) => {
    if (held !== undefined) return !locked.has(indexKey(id)) && silent(index) > GONE
    return index.isCopied === true || silent(index) > DAY
  }
  return windowsOf(storage)
    .filter((window) => window.id !== own && isGone(window))
    .sort((a, b) => Number(b.index.isCopied ?? 0) - Number(a.index.isCopied ?? 0) || a.index.time - b.index.time)
    .map(({ id }) => id)
}

/** For how long a window has not said that it is there, in milliseconds. */
function silent({ time }: Index): number {
  return Date.now() - time
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

/** What the browser keeps of a window, by key; its index comes first, without which nothing finds the rest. */
type Entries = ReadonlyMap<string, string>

/** @returns what was kept of it */
function forget(storage: Storage, window: string): Entries {
  const keys = [indexKey(window), ...keysOf(storage, tabKey(window, ''))]
  const entries = new Map(keys.map((key) => [key, storage.getItem(key) ?? '']))
  for (const key of keys) storage.removeItem(key)
  return entries
}

/** Keeps a window again, as far as there is room. */
function putBack(storage: Storage, entries: Entries): void {
  try {
    for (const [key, text] of entries) storage.setItem(key, text)
  } catch {
    // It went for something that is open.
  }
}

function keysOf(storage: Storage, prefix: string): string[] {
  return Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '').filter((key) => key.startsWith(prefix))
}

/** Also the name of the lock that a window holds. */
function indexKey(window: string): string {
  return `gendr.window.${window}`
}

function tabKey(window: string, tab: string): string {
  return `gendr.tab.${window}.${tab}`
}
