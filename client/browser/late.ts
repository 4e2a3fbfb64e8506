/** Code that the first view of the page does without: it is loaded when it is needed, at the latest when nothing else is to do. */
export class Late<T> {
  readonly #load: () => Promise<T>
  #loading: Promise<T> | undefined
  #loaded: T | undefined

  constructor(load: () => Promise<T>) {
    this.#load = load
  }

  /** Undefined until it is loaded. */
  get now(): T | undefined {
    return this.#loaded
  }

  /** @throws where the host does not answer; it is asked again the next time */
  async get(): Promise<T> {
    this.#loading ??= this.#load()
    try {
      this.#loaded = await this.#loading
      return this.#loaded
    } catch (error) {
      this.#loading = undefined
      throw error
    }
  }
}

/** Loads the parts one after the other while the page has nothing to do, so that a host that is lost later takes none away. */
export async function loadWhenIdle(parts: readonly Pick<Late<unknown>, 'get'>[]): Promise<void> {
  for (const part of parts) {
    await idle()
    await part.get().catch(() => undefined)
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has none.
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 5000 })
    else setTimeout(resolve, 500)
  })
}
