import { element } from '../browser/element.ts'
import type { FileReference } from '../host/address.ts'
import type { PictureStore } from '../host/pictures.ts'
import { STRINGS } from '../strings.ts'
import { PictureLayer } from './picture-layer.ts'
import { fitInside } from './viewer-layout.ts'

/** Across, in CSS pixels. */
const ACROSS = 260
/** How much more it enlarges than the viewer does; at least two pixels of the screen for one of the picture. */
const FACTOR = 3
const LEAST = 2

/** A round glass under the pointer: the first picture in its left half, the same place of the second in its right. */
export class Loupe {
  readonly root: HTMLElement
  readonly #before: PictureLayer
  readonly #after: PictureLayer

  constructor(store: PictureStore) {
    this.#before = new PictureLayer(store, STRINGS.viewer.before, 'loupe-before', () => {})
    this.#after = new PictureLayer(store, STRINGS.viewer.after, 'loupe-after', () => {})
    this.root = element(
      'div',
      { class: 'loupe', testid: 'loupe', 'aria-hidden': 'true', hidden: true },
      element('div', { class: 'loupe-half' }, this.#before.root),
      element('div', { class: 'loupe-half' }, this.#after.root),
    )
  }

  show(before: FileReference | undefined, after: FileReference | undefined): void {
    void this.#before.show(before)
    void this.#after.show(after)
  }

  hide(): void {
    this.root.hidden = true
  }

  /**
   * @param place where the pointer is in the frame, in CSS pixels
   * @param at the same as fractions of the picture
   * @param width of the picture at the scale of the viewer, in CSS pixels
   */
  lookAt(place: readonly [number, number], at: readonly [number, number], width: number): void {
    const { width: pixels, height: rows } = this.#after.size
    if (pixels === 0) return
    this.root.hidden = false
    this.root.style.transform = `translate(${place[0] - ACROSS / 2}px, ${place[1] - ACROSS / 2}px)`
    const scale = Math.max((width / pixels) * FACTOR, LEAST / devicePixelRatio)
    const [across, down] = [pixels * scale, rows * scale]
    const half = { width: ACROSS / 2, height: ACROSS }
    // Both halves have the place in their own middle.
    const box = {
      left: half.width / 2 - at[0] * across,
      top: half.height / 2 - at[1] * down,
      width: across,
      height: down,
    }
    this.#before.place(fitInside(box, this.#before.size), half)
    this.#after.place(box, half)
  }
}
