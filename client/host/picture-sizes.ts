import type { PictureSize } from '../../nodes/sdk/scaled-size.ts'
import type { FileReference } from './address.ts'
import { pictureKey } from './pictures.ts'

/** How large pictures of the host are; each is asked for once. */
export class PictureSizes {
  readonly #ask: (file: FileReference) => Promise<PictureSize>
  readonly #changed: () => void
  /** Undefined while the host has not answered, and of what it cannot read. */
  readonly #known = new Map<string, PictureSize | undefined>()

  /** @param changed told when the size of one more is known */
  constructor(ask: (file: FileReference) => Promise<PictureSize>, changed: () => void) {
    this.#ask = ask
    this.#changed = changed
  }

  of(file: FileReference): PictureSize | undefined {
    const key = pictureKey(file)
    if (!this.#known.has(key)) {
      this.#known.set(key, undefined)
      void this.#ask(file).then(
        ({ width, height }) => {
          this.#known.set(key, { width, height })
          this.#changed()
        },
        () => undefined,
      )
    }
    return this.#known.get(key)
  }
}
