import { KEPT_BYTES } from './narration.ts'

/** Bytes that may wait for one client, what is being written aside: all that is kept of a run, and its messages. */
export const HOPELESS = KEPT_BYTES + (64 << 20)
/** What is written at once; where it is taken, the client is seen to read. */
const PIECE = 1 << 20

/**
 * Writes a part of what waits: text as a whole, bytes in pieces.
 * @returns what to wait for before the next part, where the client does not keep up; it fails when the client is gone
 */
export type Write = (part: string | Uint8Array, isLast: boolean) => Promise<unknown> | undefined

interface Waiting {
  readonly size: number
  readonly content: () => string | Uint8Array
}

/** What one client is sent, in order and as fast as it reads; what waits is not encoded yet. */
export class Outbox {
  readonly #write: Write
  readonly #waiting: Waiting[] = []
  #bytes = 0
  #isBusy = false
  #isOver = false
  #onEmpty: () => void = () => undefined

  constructor(write: Write) {
    this.#write = write
  }

  /** Whether the client has not taken all yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Whether so much waits that the client is to be given up. */
  get isHopeless(): boolean {
    return this.#bytes > HOPELESS
  }

  /** @param size about how many bytes it has */
  add(size: number, content: () => string | Uint8Array): void {
    if (this.#isOver) return
    this.#waiting.push({ size, content })
    this.#bytes += size
    if (!this.#isBusy) this.#flush().catch(() => this.#giveUp())
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
      const content = next.content()
      const step = typeof content === 'string' ? content.length : PIECE
      for (let at = 0; at < content.length; at += step) {
        const part = typeof content === 'string' ? content : content.subarray(at, at + step)
        const taken = this.#write(part, at + step >= content.length)
        if (taken !== undefined) await taken
      }
    }
    this.#isBusy = false
    this.#onEmpty()
  }

  #giveUp(): void {
    this.#isOver = true
    this.#waiting.length = 0
    this.#bytes = 0
  }
}
