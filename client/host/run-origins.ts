import { z } from 'zod'

const KEY = 'gendr.run'
/** Runs that are remembered. */
const MOST = 100

const originsSchema = z.array(z.tuple([z.string(), z.string().nullable()]))

/** Which tab each of the latest runs is of, kept in the browser: a page that was loaded again has the same tabs. */
export class RunOrigins {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  keep(run: string, tab: string | undefined): void {
    const runs = [...this.#read(), [run, tab ?? null]].slice(-MOST)
    try {
      this.#storage.setItem(KEY, JSON.stringify(runs))
    } catch {
      // A full browser only forgets where results belong.
    }
  }

  of(run: string): string | undefined {
    return this.#read().find(([id]) => id === run)?.[1] ?? undefined
  }

  /** Of each tab the run that was started last, in whichever window. */
  get latest(): ReadonlyMap<string | undefined, string> {
    return new Map(this.#read().map(([run, tab]) => [tab ?? undefined, run]))
  }

  #read(): z.infer<typeof originsSchema> {
    try {
      return originsSchema.parse(JSON.parse(this.#storage.getItem(KEY) ?? '[]'))
    } catch {
      return []
    }
  }
}
