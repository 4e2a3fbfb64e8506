interface Upload {
  readonly tab: string
  readonly name: string
  readonly done: Promise<void>
}

/** Pictures on their way to the host, each of a tab that will load it. */
export class Uploads {
  readonly #changed: () => void
  readonly #underWay = new Set<Upload>()

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Counts a picture as on its way until it is loaded, or could not be. */
  async during(tab: string, name: string, load: () => Promise<void>): Promise<void> {
    const upload = { tab, name, done: load() }
    this.#underWay.add(upload)
    this.#changed()
    try {
      await upload.done
    } finally {
      this.#underWay.delete(upload)
      this.#changed()
    }
  }

  /** The names of a tab's pictures. */
  of(tab: string): readonly string[] {
    return [...this.#underWay].flatMap((upload) => (upload.tab === tab ? [upload.name] : []))
  }

  /** Waits for a tab's pictures. @returns whether all of them are loaded */
  async loaded(tab: string): Promise<boolean> {
    const pictures = [...this.#underWay].filter((upload) => upload.tab === tab)
    const ends = await Promise.allSettled(pictures.map(({ done }) => done))
    return ends.every(({ status }) => status === 'fulfilled')
  }
}
