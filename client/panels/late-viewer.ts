import { Late } from '../browser/late.ts'
import type { ViewedPictures, Viewer } from './viewer.ts'
import type { Drawing } from './viewer-tool.ts'

/** The viewer, whose code is loaded with the first picture. */
export class LateViewer {
  readonly #viewer: Late<Viewer>
  readonly #failed: (error: unknown) => void
  /** What shall be seen once the code is there. */
  #wanted: readonly [title: string, pictures: ViewedPictures] | undefined

  constructor(make: () => Promise<Viewer>, failed: (error: unknown) => void) {
    this.#viewer = new Late(make)
    this.#failed = failed
  }

  get isOpen(): boolean {
    return this.#viewer.now?.isOpen === true || this.#wanted !== undefined
  }

  /** Whether something is set on a picture. */
  get isDrawing(): boolean {
    return this.#viewer.now?.isDrawing === true
  }

  get(): Promise<Viewer> {
    return this.#viewer.get()
  }

  open(title: string, pictures: ViewedPictures): void {
    this.#wanted = [title, pictures]
    if (this.#viewer.now !== undefined) this.#show(this.#viewer.now)
    else {
      void this.get().then(
        (viewer) => this.#show(viewer),
        (error) => {
          this.#wanted = undefined
          this.#failed(error)
        },
      )
    }
  }

  draw(drawing: Drawing): void {
    void this.get().then((viewer) => viewer.draw(drawing), this.#failed)
  }

  close(): void {
    this.#wanted = undefined
    this.#viewer.now?.close()
  }

  shrink(): boolean {
    return this.#viewer.now?.shrink() === true
  }

  #show(viewer: Viewer): void {
    if (this.#wanted !== undefined) viewer.open(...this.#wanted)
    this.#wanted = undefined
  }
}
