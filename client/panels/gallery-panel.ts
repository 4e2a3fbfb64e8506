import { element } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import { pictureKey } from '../host/pictures.ts'
import { allResults, isFound, type NamedFile, type Result, resultsOf } from '../host/results.ts'
import { type RunEntry, resultName } from '../host/run-list.ts'
import { type RunPage, withNewest, withOlder } from '../host/run-pages.ts'
import { STRINGS } from '../strings.ts'
import { openMenu } from './menu.ts'
import { carryPicture } from './picture-drag.ts'
import { sidePanel } from './side-bar.ts'

export interface GalleryActions {
  /** Runs that are over: of the `end` oldest the newest, of all where it is left out. */
  page(end?: number): Promise<RunPage>
  address(file: FileReference): string
  original(file: FileReference): string
  show(title: string, pictures: readonly FileReference[]): void
  compare(before: FileReference, after: FileReference): void
  /** Saves files, each as soon as it is known. */
  save(files: AsyncIterable<NamedFile>): Promise<void>
  zip(files: readonly NamedFile[]): Promise<void>
  openGraph(entry: RunEntry): void
  use(file: FileReference): void
  failed(error: unknown): void
  close(): void
}

const WORDS = STRINGS.gallery
const PAGE = 60
/** Pages of runs that are looked through at one wish: few may have saved anything, or what is searched. */
const LOOKED_THROUGH = 10

/** Everything that runs have saved, the newest first; each with its graph one click away. */
export class GalleryPanel {
  readonly root: HTMLElement
  readonly #actions: GalleryActions
  readonly #grid = element('div', { class: 'gallery-grid', testid: 'gallery-grid' })
  readonly #field = element('input', {
    class: 'search-field',
    type: 'search',
    placeholder: WORDS.search,
    'aria-label': WORDS.search,
    testid: 'gallery-search',
  })
  readonly #compare = element('button', { type: 'button', class: 'button', testid: 'gallery-compare', disabled: true })
  readonly #save = element('button', { type: 'button', class: 'button button-quiet', testid: 'gallery-save' })
  readonly #zip = element(
    'button',
    { type: 'button', class: 'button button-quiet', testid: 'gallery-zip' },
    STRINGS.zip.label,
  )
  readonly #more = element(
    'button',
    { type: 'button', class: 'button gallery-more', testid: 'gallery-more' },
    STRINGS.runs.more,
  )
  /** Marked to be compared or saved, in the order of marking. */
  #marked: readonly FileReference[] = []
  #known: RunPage | undefined
  #results: readonly Result[] = []
  /** What was made for each result, to be shown again. */
  #items = new Map<string, { readonly entry: RunEntry; readonly item: HTMLElement; readonly mark: HTMLInputElement }>()
  #shown = PAGE
  #last = Promise.resolve()
  /** What is given to the person now: by which button, and what ends it. */
  #giving: { readonly button: HTMLButtonElement; readonly stop: AbortController } | undefined
  #stale: ReturnType<typeof setTimeout> | undefined

  constructor(actions: GalleryActions) {
    this.#actions = actions
    this.root = sidePanel(
      'gallery-panel',
      WORDS.title,
      [this.#save, this.#zip],
      () => actions.close(),
      element('div', { class: 'side-tools' }, this.#field, this.#compare),
      this.#grid,
    )
    this.root.classList.add('side-wide')
    this.#field.addEventListener('input', () => this.#draw())
    this.#compare.addEventListener('click', () => {
      const [before, after] = this.#marked
      if (before !== undefined && after !== undefined) actions.compare(before, after)
    })
    this.#save.addEventListener('click', () => void this.#give(this.#save, actions.save))
    this.#zip.addEventListener('click', () => void this.#give(this.#zip, (files, stop) => this.#pack(files, stop)))
    this.#more.addEventListener('click', () => void this.#showMore())
    this.#sayMarked()
  }

  changed(): void {
    if (this.root.closest('[hidden]') !== null || this.#stale !== undefined) return
    this.#stale = setTimeout(() => {
      this.#stale = undefined
      void this.fill()
    }, 300)
  }

  fill(): Promise<void> {
    return this.#inTurn(async () => {
      this.#take(withNewest(this.#known, await this.#actions.page()))
      this.#draw()
      // After many runs at once nothing older is known any more.
      await this.#lookThrough(() => this.#results.length < this.#shown)
    })
  }

  /** One after the other: a page that was asked for earlier and comes later would undo what is known. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch((error) => this.#actions.failed(error))
    return this.#last
  }

  /** Goes back in the history as long as that is wanted, but not for ever. */
  async #lookThrough(isWanted: () => boolean): Promise<void> {
    for (let i = 0; i < LOOKED_THROUGH && this.#known !== undefined && this.#known.start > 0 && isWanted(); i++) {
      const older = await this.#actions.page(this.#known.start)
      this.#take(withOlder(this.#known, older))
      this.#draw()
    }
  }

  #take(known: RunPage): void {
    this.#known = known
    this.#results = resultsOf(known.runs)
  }

  /** Whether there are runs that were not looked through. */
  get #hasOlder(): boolean {
    return (this.#known?.start ?? 0) > 0
  }

  get #found(): readonly Result[] {
    return this.#results.filter((result) => isFound(result, this.#field.value))
  }

  #draw(): void {
    const found = this.#found
    const none = this.#results.length === 0 ? WORDS.none : WORDS.noneFound
    const hasMore = found.length > this.#shown || this.#hasOlder
    const items = new Map(
      found.slice(0, this.#shown).map((result) => {
        const key = pictureKey(result.file)
        const known = this.#items.get(key)
        return [key, known?.entry.id === result.entry.id ? known : this.#item(result)]
      }),
    )
    for (const [key, { mark }] of items) mark.checked = this.#marked.some((one) => pictureKey(one) === key)
    const children = [
      ...(found.length === 0 ? [element('p', { class: 'side-none' }, none)] : []),
      ...[...items.values()].map(({ item }) => item),
      ...(hasMore ? [this.#more] : []),
    ]
    this.#items = items
    this.#sayMarked()
    const { activeElement } = document
    this.#grid.replaceChildren(...children)
    if (activeElement instanceof HTMLElement && this.#grid.contains(activeElement)) {
      activeElement.focus({ preventScroll: true })
    }
  }

  #item(result: Result) {
    const { file } = result
    const picture = element('img', {
      src: this.#actions.address(file),
      alt: '',
      loading: 'lazy',
      decoding: 'async',
      draggable: 'false',
    })
    const open = element(
      'button',
      {
        type: 'button',
        class: 'gallery-open',
        'aria-label': file.filename,
        testid: 'gallery-picture',
        draggable: 'true',
      },
      picture,
    )
    open.addEventListener('click', () => {
      const others = result.entry.pictures.filter((other) => pictureKey(other) !== pictureKey(file))
      this.#actions.show(file.filename, [file, ...others])
    })
    open.addEventListener('dragstart', (event) => carryPicture(event, file, this.#actions.original(file)))
    const mark = element('input', {
      type: 'checkbox',
      class: 'gallery-mark',
      testid: 'gallery-mark',
      'aria-label': WORDS.mark(file.filename),
      title: WORDS.markTitle,
    })
    mark.addEventListener('change', () => this.#mark(file, mark.checked))
    const menu = element(
      'button',
      { type: 'button', class: 'gallery-menu', 'aria-label': WORDS.menu(file.filename), testid: 'gallery-menu' },
      '⋯',
    )
    menu.addEventListener('click', () => this.#openMenu(result, menu.getBoundingClientRect()))
    const item = element(
      'figure',
      { class: 'gallery-item', testid: 'gallery-item', title: file.filename },
      open,
      mark,
      menu,
      element('figcaption', {}, result.entry.title === '' ? file.filename : result.entry.title),
    )
    return { entry: result.entry, item, mark }
  }

  #openMenu({ file, entry }: Result, { left, bottom }: DOMRect): void {
    openMenu(
      WORDS.menu(file.filename),
      [
        { label: WORDS.openGraph, testid: 'gallery-graph', act: () => this.#actions.openGraph(entry) },
        { label: WORDS.use, testid: 'gallery-use', act: () => this.#actions.use(file) },
        null,
        { label: WORDS.download, testid: 'gallery-download', act: () => this.#download({ file, entry }) },
      ],
      { x: left, y: bottom + 4 },
    )
  }

  #download({ file, entry }: Result): void {
    const link = element('a', { href: this.#actions.original(file), download: resultName(file, entry) })
    link.click()
  }

  /** Gives what is chosen to the person; the button says how far that is, and pressed again ends it. */
  async #give(
    button: HTMLButtonElement,
    give: (files: AsyncIterable<NamedFile>, stop: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#giving !== undefined) {
      this.#giving.stop.abort()
      return
    }
    const stop = new AbortController()
    this.#giving = { button, stop }
    this.#sayMarked()
    const say = (count: number) => {
      button.textContent = WORDS.stop(count)
    }
    say(0)
    await give(this.#chosen(stop.signal, say), stop.signal).catch(this.#actions.failed)
    this.#giving = undefined
    this.#sayMarked()
  }

  async #pack(files: AsyncIterable<NamedFile>, stop: AbortSignal): Promise<void> {
    const all: NamedFile[] = []
    for await (const file of files) all.push(file)
    if (!stop.aborted) await this.#actions.zip(all)
  }

  /**
   * Those that are marked, in the order of the gallery; where none is, all that the search finds back to the first run,
   * whatever of that is shown.
   */
  async *#chosen(stop: AbortSignal, say: (count: number) => void): AsyncGenerator<NamedFile, void, undefined> {
    const marked = new Set(this.#marked.map(pictureKey))
    const text = this.#field.value
    const isChosen = (result: Result) =>
      marked.size === 0 ? isFound(result, text) : marked.has(pictureKey(result.file))
    const known = this.#known ?? (await this.#actions.page())
    const page = (end: number) => this.#actions.page(end)
    const results = marked.size === 0 ? allResults(known, page, stop) : this.#results
    let count = 0
    for await (const result of results) {
      if (stop.aborted) return
      if (!isChosen(result)) continue
      say(++count)
      yield { file: result.file, name: resultName(result.file, result.entry) }
    }
  }

  #mark(file: FileReference, isMarked: boolean): void {
    const others = this.#marked.filter((one) => pictureKey(one) !== pictureKey(file))
    this.#marked = isMarked ? [...others, file] : others
    this.#sayMarked()
    this.#draw()
  }

  /** What the buttons do: with what is marked, else with all. */
  #sayMarked(): void {
    this.#compare.disabled = this.#marked.length !== 2
    this.#compare.textContent = this.#marked.length === 1 ? WORDS.compareOneMore : WORDS.compare
    const words = this.#marked.length === 0 ? WORDS.saveAll : WORDS.saveMarked(this.#marked.length)
    this.#zip.title = STRINGS.zip.title(words)
    const isEmpty = this.#found.length === 0 && !this.#hasOlder
    for (const button of [this.#save, this.#zip]) {
      button.disabled = this.#giving === undefined ? isEmpty : button !== this.#giving.button
    }
    if (this.#giving !== undefined) return
    this.#save.textContent = words
    this.#zip.textContent = STRINGS.zip.label
  }

  /** Shows more of what is known; where that is all shown, the history is looked through for more. */
  async #showMore(): Promise<void> {
    const before = this.#found.length
    this.#shown += PAGE
    this.#draw()
    if (before >= this.#shown) return
    await this.#inTurn(() => this.#lookThrough(() => this.#found.length < this.#shown))
  }
}
