import { KEPT_BYTES } from './narration.ts'

/** Bytes that may wait for one client, what is being written aside: all that is kept of a run, and its messages. */
export const HOPELESS = KEPT_BYTES + (64 << 20)

/**
 * Writes a part.
 * @returns what to wait for before the next part, where the client does not keep up; it fails when the client is gone
 */
export type Write<Part> = (part: Part) => Promise<unknown> | undefined

interface Waiting<Part> {
  readonly size: number
  readonly parts: () => Iterable<Part>
}

/** What one client is sent, in order and as fast as it reads; what waits is not encoded yet. */
export class Outbox<Part> {
  readonly #write: Write<Part>
  readonly #giveUp: () => void
  readonly #waiting: Waiting<Part>[] = []
  #bytes = 0
  #isBusy = false
  #isOver = false
  #onEmpty: () => void = () => undefined

  /** @param giveUp ends a client that is hopelessly behind, or that cannot be sent what is next */
  constructor(write: Write<Part>, giveUp: () => void) {
    this.#write = write
    this.#giveUp = giveUp
  }

  /** Whether the client has not taken all yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /**
   * @param size about how many bytes it has
   * @param parts made one after the other, as the client takes them
   */
  add(size: number, parts: () => Iterable<Part>): void {
    if (this.#bytes > HOPELESS) this.#fail()
    if (this.#isOver) return
    this.#waiting.push({ size, parts })
    this.#bytes += size
    if (!this.#isBusy) this.#flush().catch(() => this.#fail())
  }

  /** Calls back when all is written, if the client takes it. */
  end(onEmpty: () => void): void {
    this.#onEmpty = onEmpty
    if (!this.#isBusy) onEmpty()
  }

  /** Takes no turn of the event loop while the client keeps up. */
  async #flush(): Promise<void> {
    this.#isBusy = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#bytes -= next.size
      for (const part of next.parts()) {
        const taken = this.#write(part)
        if (taken !== undefined) await taken
      }
    }
    this.#isBusy = false
    this.#onEmpty()
  }

  #fail(): void {
    this.#isOver = true
    this.#waiting.length = 0
    this.#bytes = 0
    this.#giveUp()
  }
}
