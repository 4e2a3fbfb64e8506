import type { JobStatus } from '../../server/protocol/jobs.ts'
import { isOver, type RunEntry, stageOf } from './run-list.ts'

/**
 * Runs of the list with their graphs and results. Each is asked for once, and again when it is over: a graph does not
 * change, nor does what came of it.
 */
export class KnownRuns {
  readonly #ask: (id: string) => Promise<RunEntry | undefined>
  #known: ReadonlyMap<string, RunEntry> = new Map()

  /** @param ask for a run; nothing where it is gone */
  constructor(ask: (id: string) => Promise<RunEntry | undefined>) {
    this.#ask = ask
  }

  /** These runs, without those that are gone; others are forgotten. */
  async of(jobs: readonly { readonly id: string; readonly status: JobStatus }[]): Promise<RunEntry[]> {
    const found = await Promise.all(jobs.map(({ id, status }) => this.#find(id, status)))
    const runs = found.filter((run) => run !== undefined)
    this.#known = new Map(runs.map((run) => [run.id, run]))
    return runs
  }

  async #find(id: string, status: JobStatus): Promise<RunEntry | undefined> {
    const stage = stageOf(status)
    const known = this.#known.get(id)
    return known === undefined || isOver(known.stage) !== isOver(stage) ? this.#ask(id) : { ...known, stage }
  }
}
