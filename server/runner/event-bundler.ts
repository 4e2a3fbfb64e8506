import type { RunEvent } from '../protocol/events.ts'
import { isLast } from '../protocol/execution.ts'

/** How long an event may wait for others, in ms: less than anybody sees, more than a small node takes. */
const PATIENCE = 5

/** Sends events in bundles, since each message between processes costs more than the node that it tells of. */
export class EventBundler {
  readonly #send: (events: readonly RunEvent[]) => void
  #waiting: RunEvent[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(send: (events: readonly RunEvent[]) => void) {
    this.#send = send
  }

  /** The last event of a run takes all that wait along at once. */
  post(event: RunEvent): void {
    this.#waiting.push(event)
    if (isLast(event)) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), PATIENCE)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const events = this.#waiting
    this.#waiting = []
    this.#send(events)
  }
}
