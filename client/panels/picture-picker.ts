import { element } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import type { PictureStore } from '../host/pictures.ts'
import { STRINGS } from '../strings.ts'
import { type Anchor, openPopup } from './popup.ts'

/** Pictures under one heading, the newest first. */
export interface PictureSection {
  readonly title: string
  readonly files: readonly FileReference[]
}

const THUMBNAIL = 256

/** Lets a person choose one of the host's pictures; undefined where none was chosen. */
export function choosePicture(
  store: PictureStore,
  title: string,
  anchor: Anchor,
  sections: Promise<readonly PictureSection[]>,
): Promise<FileReference | undefined> {
  return new Promise((resolve) => {
    const list = element('div', { class: 'picker-list' })
    const field = element('input', {
      class: 'search-field',
      type: 'text',
      placeholder: STRINGS.picker.search,
      'aria-label': STRINGS.picker.search,
      autocomplete: 'off',
    })
    const panel = element(
      'div',
      { class: 'picker', role: 'dialog', 'aria-label': title, testid: 'picker' },
      field,
      list,
    )
    let chosen: FileReference | undefined
    let loaded: readonly PictureSection[] = []

    function fill(): void {
      const text = field.value.toLowerCase()
      const shown = loaded
        .map((section) => ({
          ...section,
          files: section.files.filter(({ filename }) => filename.toLowerCase().includes(text)),
        }))
        .filter(({ files }) => files.length > 0)
      list.replaceChildren(
        ...(shown.length === 0 ? [element('p', { class: 'picker-none' }, STRINGS.picker.none)] : []),
        ...shown.flatMap((section) => [
          element('h3', { class: 'picker-title' }, section.title),
          element('div', { class: 'picker-grid' }, ...section.files.map(thumbnail)),
        ]),
      )
    }

    function thumbnail(file: FileReference): HTMLElement {
      const picture = element('img', {
        src: store.reduced(file, THUMBNAIL),
        alt: '',
        loading: 'lazy',
        decoding: 'async',
      })
      const button = element(
        'button',
        {
          type: 'button',
          class: 'picker-item',
          title: file.filename,
          'aria-label': file.filename,
          testid: 'picker-item',
        },
        picture,
      )
      button.addEventListener('click', () => {
        chosen = file
        close()
      })
      return button
    }

    field.addEventListener('input', fill)
    field.addEventListener('keydown', (event) => event.stopPropagation())
    const close = openPopup(panel, anchor, () => resolve(chosen))
    field.focus()
    void sections
      .catch(() => [])
      .then((found) => {
        loaded = found
        fill()
      })
  })
}
