import { Deferred } from './deferred.ts'

/** Has so many works be under way at once; others wait for their turn, the first first. */
export class Turns {
  readonly #waiting = new Set<Deferred<void>>()
  #free: number

  constructor(most: number) {
    this.#free = most
  }

  /**
   * Does a work when its turn has come; one that is waited for no longer is never begun.
   * @throws the signal's reason
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(signal)
    try {
      return await work()
    } finally {
      this.#passOn()
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const turn = new Deferred<void>()
    this.#waiting.add(turn)
    const leave = () => {
      if (this.#waiting.delete(turn)) turn.reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    return turn.promise
  }

  #passOn(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#waiting.delete(next)
    next.resolve()
  }
}
