/** Memory that works may take together. A work alone may always begin, however much it takes. */
export class MemoryBudget {
  #free: number
  #working = 0
  readonly #waiting: { readonly bytes: number; readonly begin: () => void }[] = []

  constructor(bytes: number) {
    this.#free = bytes
  }

  /** Does a work as soon as there is room for it; the first that waits comes first. */
  async use<Result>(bytes: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, begin })
      this.#advance()
    })
    try {
      return await work()
    } finally {
      this.#free += bytes
      this.#working -= 1
      this.#advance()
    }
  }

  #advance(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.bytes > this.#free && this.#working > 0) return
      this.#waiting.shift()
      this.#free -= next.bytes
      this.#working += 1
      next.begin()
    }
  }
}
