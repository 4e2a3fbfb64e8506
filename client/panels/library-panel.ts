import { element } from '../browser/element.ts'
import { type Library, type LibraryEntry, libraryPath, nameOf } from '../host/library.ts'
import { STRINGS } from '../strings.ts'
import { openMenu } from './menu.ts'
import { sidePanel } from './side-bar.ts'
import { editText } from './text-editor.ts'

interface Written {
  readonly text: string
  readonly thumbnail: Blob | undefined
  /** The library has it under this path. */
  saved(path: string): void
}

export interface LibraryActions {
  /** What the workflow in view is called, and where in the library it is, if anywhere. */
  current(): { readonly tab: string; readonly name: string; readonly path: string | undefined }
  /** The workflow in view as a file, and a small picture of it. */
  write(): Promise<Written>
  open(path: string, text: string): void
  moved(from: string, to: string): void
  /** The library has it no more; `putBack` keeps it there again. */
  removed(path: string, putBack: () => Promise<void>): void
  link(path: string): void
  failed(error: unknown): void
  close(): void
}

const WORDS = STRINGS.library

/** Workflows that the host keeps, in folders, with pictures and earlier versions. */
export class LibraryPanel {
  readonly root: HTMLElement
  readonly #library: Library
  readonly #actions: LibraryActions
  readonly #list = element('div', { class: 'library-list', testid: 'library-list' })
  readonly #name = element('input', {
    class: 'search-field',
    type: 'text',
    'aria-label': WORDS.name,
    placeholder: WORDS.name,
    testid: 'library-name',
  })

  /** The tab that the name is of, and what that was called. */
  #followed = ''

  constructor(library: Library, actions: LibraryActions) {
    this.#library = library
    this.#actions = actions
    const save = element(
      'button',
      { type: 'button', class: 'button button-primary', testid: 'library-save' },
      WORDS.save,
    )
    save.addEventListener('click', () => void this.#try(() => this.#save()))
    this.#name.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') void this.#try(() => this.#save())
    })
    this.root = sidePanel(
      'library-panel',
      WORDS.title,
      [],
      () => actions.close(),
      element('div', { class: 'side-tools' }, this.#name, save),
      element('p', { class: 'library-hint' }, WORDS.hint),
      this.#list,
    )
  }

  async opened(): Promise<void> {
    this.#followed = ''
    this.follow()
    await this.#try(() => Promise.resolve())
  }

  /** Another workflow is in view, or it is called otherwise: what was typed was meant for the one before. */
  follow(): void {
    const { tab, name, path = name } = this.#actions.current()
    const now = `${tab} ${path}`
    if (now === this.#followed) return
    this.#followed = now
    this.#name.value = path
  }

  async #save(): Promise<void> {
    const path = libraryPath(this.#name.value)
    if (path === undefined) {
      this.#name.focus()
      return
    }
    const { text, thumbnail, saved } = await this.#actions.write()
    await this.#library.save(path, text, thumbnail)
    saved(path)
  }

  async #move(from: string, to: string): Promise<void> {
    await this.#library.move(from, to)
    this.#actions.moved(from, to)
  }

  async #remove(path: string): Promise<void> {
    const text = await this.#library.remove(path)
    this.#actions.removed(path, async () => {
      await this.#library.putBack(path, text)
      await this.#fill()
    })
  }

  async #fill(): Promise<void> {
    const entries = [...(await this.#library.list())].sort((a, b) => a.path.localeCompare(b.path))
    const folders = new Map<string, LibraryEntry[]>()
    for (const entry of entries) {
      const folder = entry.path.includes('/') ? entry.path.slice(0, entry.path.lastIndexOf('/')) : ''
      folders.set(folder, [...(folders.get(folder) ?? []), entry])
    }
    this.#list.replaceChildren(
      ...(entries.length === 0 ? [element('p', { class: 'side-none' }, WORDS.none)] : []),
      ...[...folders].flatMap(([folder, inside]) => [
        ...(folder === '' ? [] : [element('h3', { class: 'library-folder' }, folder)]),
        ...inside.map((entry) => this.#item(entry)),
      ]),
    )
  }

  #item(entry: LibraryEntry): HTMLElement {
    const { path, modified } = entry
    const name = nameOf(path)
    const picture = element('img', { alt: '', hidden: true })
    void this.#library.thumbnail(path).then((blob) => {
      if (blob === undefined) return
      picture.src = URL.createObjectURL(blob)
      picture.hidden = false
      picture.addEventListener('load', () => URL.revokeObjectURL(picture.src), { once: true })
    })
    const open = element(
      'button',
      { type: 'button', class: 'library-open', testid: 'library-open' },
      element('span', { class: 'library-picture' }, picture),
      element(
        'span',
        { class: 'library-words' },
        element('span', { class: 'library-name' }, name),
        element('span', { class: 'library-time' }, new Date(modified).toLocaleString()),
      ),
    )
    open.addEventListener(
      'click',
      () => void this.#try(async () => this.#actions.open(path, await this.#library.open(path))),
    )
    const menu = element(
      'button',
      { type: 'button', class: 'button button-quiet', 'aria-label': WORDS.menu(name), testid: 'library-menu' },
      '⋯',
    )
    menu.addEventListener('click', () => this.#openMenu(entry, menu.getBoundingClientRect()))
    return element('div', { class: 'library-item', testid: 'library-item', 'data-path': path }, open, menu)
  }

  #openMenu({ path }: LibraryEntry, box: DOMRect): void {
    const at = { x: box.left, y: box.bottom + 4 }
    openMenu(
      WORDS.menu(path),
      [
        {
          label: WORDS.versions,
          testid: 'library-versions',
          act: () => void this.#try(() => this.#chooseVersion(path, at)),
        },
        {
          label: WORDS.rename,
          testid: 'library-rename',
          act: () =>
            editText({
              place: { ...at, width: 220, height: 0 },
              value: path,
              multiline: false,
              label: WORDS.name,
              commit: (text) => {
                const to = libraryPath(text)
                if (to !== undefined && to !== path) void this.#try(() => this.#move(path, to))
              },
            }),
        },
        { label: WORDS.link, testid: 'library-link', act: () => this.#actions.link(path) },
        null,
        { label: WORDS.remove, testid: 'library-remove', act: () => void this.#try(() => this.#remove(path)) },
      ],
      at,
    )
  }

  async #chooseVersion(path: string, at: { x: number; y: number }): Promise<void> {
    const versions = await this.#library.versions(path)
    const items = versions.map((version) => ({
      label: WORDS.replaced(new Date(version.modified).toLocaleString()),
      testid: 'library-version',
      act: () => void this.#try(async () => this.#actions.open(path, await this.#library.openVersion(path, version))),
    }))
    openMenu(WORDS.versions, items.length > 0 ? items : [{ label: WORDS.noVersions, act: () => {} }], at)
  }

  /** Does something, says where it failed, and shows the list as it is then. */
  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act()
      await this.#fill()
    } catch (error) {
      this.#actions.failed(error)
    }
  }
}
