import { HostError } from './errors.ts'

export interface PatienceOptions {
  /** How long to try when the host does not answer, or not yet (5xx), in ms. @default 60000 */
  readonly patience?: number
  readonly signal?: AbortSignal
}

const FIRST_PAUSE = 200
const LONGEST_PAUSE = 5000

/** Does something until the host has answered. @throws the last HostError when it stays away for too long */
export async function persist<T>(act: () => Promise<T>, options: PatienceOptions): Promise<T> {
  const patience = new Patience(options)
  for (;;) {
    try {
      return await act()
    } catch (error) {
      patience.lose(error)
      await patience.pause()
    }
  }
}

/** How long to go on with a host that may be away: each time it has answered, all of it is there again. */
export class Patience {
  readonly #limit: number
  readonly #signal: AbortSignal | undefined
  #lostAt: number | undefined
  #pause = FIRST_PAUSE

  constructor({ patience = 60_000, signal }: PatienceOptions) {
    this.#limit = patience
    this.#signal = signal
  }

  /** It is there. */
  answered(): void {
    this.#lostAt = undefined
  }

  /** It is of use, too: one that only answers and hangs up is asked more and more rarely. */
  heard(): void {
    this.#pause = FIRST_PAUSE
  }

  /** @throws the error where to try again is in vain, or was tried for long enough */
  lose(error: unknown): void {
    this.#signal?.throwIfAborted()
    if (error instanceof HostError && error.status !== 0 && error.status < 500) throw error
    this.#lostAt ??= Date.now()
    if (Date.now() - this.#lostAt >= this.#limit) throw error
  }

  /** Until the next try. @throws the signal's reason */
  async pause(): Promise<void> {
    await sleep(this.#pause, this.#signal)
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
  }
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
