import { HostError } from '../sdk/errors.ts'

/** What became of one of a batch; `hopeless` where no other would fare better. */
export type Outcome = 'sent' | 'failed' | 'hopeless'

/** How far batches are. */
export interface Sending {
  readonly sent: number
  readonly total: number
}

interface Batch {
  readonly total: number
  sent: number
  readonly stop: AbortController
}

/** What is sent to the host for one picture after another, of as many as a person has chosen. */
export class Batches {
  readonly #changed: () => void
  readonly #underWay = new Set<Batch>()

  /** @param changed told whenever `sending` is another */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** How far those under way are together; undefined where there is none. */
  get sending(): Sending | undefined {
    if (this.#underWay.size === 0) return undefined
    const sum = (of: (batch: Batch) => number) => [...this.#underWay].reduce((all, batch) => all + of(batch), 0)
    return { sent: sum(({ sent }) => sent), total: sum(({ total }) => total) }
  }

  /**
   * Sends one after another, until each was tried, or it is stopped, or hopeless.
   * @returns how many were sent, what is left, and whether that is because it was stopped
   */
  async send<Item>(
    items: readonly Item[],
    send: (item: Item, signal: AbortSignal) => Promise<Outcome>,
  ): Promise<{ sent: number; left: readonly Item[]; isStopped: boolean }> {
    const batch: Batch = { total: items.length, sent: 0, stop: new AbortController() }
    const { signal } = batch.stop
    const ended = (left: readonly Item[]) => ({ sent: batch.sent, left, isStopped: signal.aborted })
    this.#underWay.add(batch)
    try {
      for (const [i, item] of items.entries()) {
        this.#changed()
        const outcome = await send(item, signal)
        if (outcome === 'sent') batch.sent += 1
        const isEnd = signal.aborted || outcome === 'hopeless'
        if (isEnd) return ended(items.slice(outcome === 'sent' ? i + 1 : i))
      }
      return ended([])
    } finally {
      this.#underWay.delete(batch)
      this.#changed()
    }
  }

  /** Ends those under way; each hears it from its signal. */
  stop(): void {
    for (const { stop } of this.#underWay) stop.abort()
    this.#underWay.clear()
    this.#changed()
  }
}

/** What the host answers where the file itself is wrong. */
const OF_THE_FILE = new Set([400, 413, 415])

/** Whether another file may be taken where this one was not: it cannot be read, or the host does not want it. */
export function isOfOneFile(error: unknown): boolean {
  return error instanceof HostError ? OF_THE_FILE.has(error.status) : error instanceof DOMException
}
