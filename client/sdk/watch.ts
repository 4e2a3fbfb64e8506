import { HostError } from './errors.ts'

/** Milliseconds; a host that has nothing to say shows every four seconds that it is there. */
const LONGEST_SILENCE = 15_000

/** Ends a request when the host falls silent: a connection that was cut in between never ends by itself. */
export class Watch {
  readonly #silent = new AbortController()
  /** For the request. */
  readonly signal: AbortSignal

  /** @param signal of whoever waits */
  constructor(signal: AbortSignal | undefined) {
    this.signal = signal === undefined ? this.#silent.signal : AbortSignal.any([signal, this.#silent.signal])
  }

  /** Waits for what comes next on it. @throws HostError with status 0 when nothing does */
  async over<T>(next: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#silent.abort(silence()), LONGEST_SILENCE)
    try {
      return await next
    } finally {
      clearTimeout(timer)
    }
  }
}

function silence(): HostError {
  return new HostError(0, `The host has said nothing for ${LONGEST_SILENCE / 1000} seconds.`, {
    remedy: 'See whether it still runs, and what lies in between.',
  })
}
