import { element, icon } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import { STRINGS } from '../strings.ts'
import { carryPicture } from './picture-drag.ts'
import type { Anchor } from './popup.ts'

const SIZE = 30
const GAP = 8

/** A handle on the picture under the pointer: a press saves the file, dragging takes it to the desktop. */
export class PictureHandle {
  readonly #link = element(
    'a',
    {
      class: 'button picture-handle',
      testid: 'picture-handle',
      'aria-label': STRINGS.viewer.download,
      title: STRINGS.viewer.downloadTitle,
      draggable: 'true',
      hidden: true,
    },
    icon('M8 2.5v7.5M4.5 7 8 10.5 11.5 7M2.5 13.5h11'),
  )
  readonly #original: (file: FileReference) => string
  #file: FileReference | undefined

  constructor(parent: HTMLElement, original: (file: FileReference) => string) {
    this.#original = original
    this.#link.addEventListener('dragstart', (event) => {
      if (this.#file !== undefined) carryPicture(event, this.#file, this.#link.href)
    })
    parent.append(this.#link)
    parent.addEventListener('pointerleave', () => this.show())
  }

  /** @param picture the file, and where its picture is on the page; none hides the handle */
  show(picture?: { readonly file: FileReference; readonly place: Anchor }): void {
    this.#link.hidden = picture === undefined
    if (picture === undefined) return
    const { file, place } = picture
    this.#file = file
    this.#link.href = this.#original(file)
    this.#link.download = file.filename
    this.#link.style.left = `${place.x + (place.width ?? 0) - SIZE - GAP}px`
    this.#link.style.top = `${place.y + GAP}px`
  }
}
