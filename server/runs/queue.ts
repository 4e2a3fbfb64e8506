import type { Run } from './run.ts'

/** Runs that wait, in the order in which they will start: by number, then by submission. */
export class RunQueue {
  #runs: Run[] = []
  readonly #ids = new Set<string>()

  get size(): number {
    return this.#runs.length
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  get(id: string): Run | undefined {
    return this.#ids.has(id) ? this.#runs.find((run) => run.id === id) : undefined
  }

  /** The run that starts next. */
  get first(): Run | undefined {
    return this.#runs[0]
  }

  add(run: Run): void {
    this.#runs.splice(lowerBound(this.#runs, run), 0, run)
    this.#ids.add(run.id)
  }

  /** The run that starts next of those that may. */
  next(mayStart: (run: Run) => boolean): Run | undefined {
    return this.#runs.find(mayStart)
  }

  /** Takes out one that is there. */
  take(run: Run): void {
    this.#runs.splice(this.#runs.indexOf(run), 1)
    this.#ids.delete(run.id)
  }

  /** Removes those of the ids that wait, and returns them. */
  remove(ids: readonly string[]): string[] {
    const removed = new Set(ids.filter((id) => this.#ids.delete(id)))
    if (removed.size === 0) return []
    this.#runs = this.#runs.filter((run) => !removed.has(run.id))
    return [...removed]
  }

  ids(): string[] {
    return this.#runs.map((run) => run.id)
  }

  /** In the order in which they will start. */
  get runs(): readonly Run[] {
    return this.#runs
  }
}

/** Where `run` goes: the first position whose run starts after it. */
function lowerBound(runs: readonly Run[], run: Run): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (startsBefore(runs[middle]!, run)) low = middle + 1
    else high = middle
  }
  return low
}

function startsBefore(a: Run, b: Run): boolean {
  return a.number === b.number ? a.sequence < b.sequence : a.number < b.number
}
