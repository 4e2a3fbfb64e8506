import { atomically } from '../database/atomically.ts'
import type { Database } from '../database/database.ts'
import type { Prompt } from '../graph/prompt.ts'
import type { WrittenFile } from '../protocol/events.ts'
import { FileIndex } from '../storage/file-index.ts'
import { Deliveries } from './deliveries.ts'
import { type Job, type JobQuery, type ListedJob, outcomeOf, summaryOf, workflowId } from './job.ts'
import type { RunRecord } from './record.ts'
import { resultOf } from './result.ts'
import { type ItemRow, itemText, type JobRow, type RunRow, recordText, toListed } from './rows.ts'
import type { Run } from './run.ts'
import { type Shape, Speeds } from './speeds.ts'
import { jobListing, statementsOf } from './statements.ts'

/** A run as it is written down before it is accepted. */
export interface StoredRun extends Run {
  readonly prompt: Prompt
  readonly extraData: Readonly<Record<string, unknown>>
  readonly outputs: readonly string[]
  /** Where to send word of its end. */
  readonly webhook?: string | undefined
}

/** How a run has ended. */
export interface Ending {
  readonly record: RunRecord
  readonly files?: readonly WrittenFile[]
  /** How long its nodes took, by class, where there is something to learn from that. */
  readonly lesson?: { readonly shape: Shape; readonly times: ReadonlyMap<string, readonly number[]> } | undefined
}

/** Which part of the history: see ComfyUI's PromptQueue.get_history. */
export interface HistoryRange {
  readonly limit?: number | undefined
  /** From the oldest; absent with a limit means the newest ones. */
  readonly offset?: number | undefined
}

const MAX_HISTORY = 100_000
/** As many as ComfyUI keeps: a list without a limit holds no more. */
const MAX_LISTED = 10_000
const PAGE = 20

/**
 * Runs on disk. Graphs are kept and given back as JSON text, so that listing the queue or the history parses nothing;
 * each list is read through an index, so that its cost is that of its page.
 */
export class RunStore {
  readonly files: FileIndex
  readonly speeds: Speeds
  readonly deliveries: Deliveries
  readonly #database: Database
  readonly #statements: ReturnType<typeof statementsOf>
  readonly #maxHistory: number
  #sequence: number
  #finish: number

  constructor(database: Database, maxHistory = MAX_HISTORY) {
    this.#database = database
    this.#maxHistory = maxHistory
    this.#statements = statementsOf(database)
    this.#summarise()
    this.files = new FileIndex(this.#database)
    this.speeds = new Speeds(this.#database)
    this.deliveries = new Deliveries(this.#database)
    const last = this.#statements.last.get() as { sequence: number; finish: number }
    this.#sequence = last.sequence
    this.#finish = last.finish
  }

  nextSequence(): number {
    this.#sequence += 1
    return this.#sequence
  }

  /** Writes a run that waits; one of the same id that has ended is replaced. */
  add(run: StoredRun, now: number): void {
    atomically(this.#database, () => {
      this.#statements.remove.run(run.id)
      this.#statements.add.run(
        run.id,
        run.sequence,
        run.number,
        run.clientId ?? null,
        run.delivery,
        workflowId(run.extraData) ?? null,
        JSON.stringify(run.shape),
        run.webhook ?? null,
        now,
      )
      this.#statements.addGraph.run(
        run.id,
        JSON.stringify(run.prompt),
        JSON.stringify(run.extraData),
        JSON.stringify(run.outputs),
      )
    })
  }

  start(id: string, now: number): void {
    atomically(this.#database, () => this.#statements.start.run(now, id))
  }

  /** Notes that the runner has begun a run. */
  begin(id: string): void {
    atomically(this.#database, () => this.#statements.begin.run(id))
  }

  /** Notes that the host ends as it should: nothing that a run which the runner has begun is to blame for. */
  suspend(): void {
    atomically(this.#database, () => this.#statements.suspend.run())
  }

  /** Notes that the runner died under a run. @returns how often it or the host has */
  crash(id: string): number {
    atomically(this.#database, () => this.#statements.crash.run(id))
    return (this.#statements.crashes.get(id) as { crashes: number }).crashes
  }

  /** Writes down how a run has ended, and that its webhook is to be told; learns how long its nodes took. */
  finish(id: string, { record, files = [], lesson }: Ending, now: number): void {
    const outcome = outcomeOf(record)
    atomically(this.#database, () => {
      this.#finish += 1
      const text = JSON.stringify(record)
      this.#statements.finish.run(outcome, JSON.stringify(summaryOf(record)), this.#finish, now, id)
      this.#statements.finishGraph.run(text, id)
      this.#statements.prune.run(this.#finish - this.#maxHistory)
      for (const file of files) this.files.put(file)
      if (lesson !== undefined) this.speeds.learn(lesson.shape, lesson.times)
      const { webhook } = this.#statements.webhook.get(id) as { webhook: string | null }
      const job = webhook === null ? undefined : this.job(id)
      if (webhook !== null && job !== undefined) this.deliveries.add(webhook, resultOf(job, this.files), now)
    })
  }

  /** As `finish`, of all of them or of none. */
  finishAll(endings: ReadonlyMap<string, Ending>, now: number): void {
    atomically(this.#database, () => {
      for (const [id, ending] of endings) this.finish(id, ending, now)
    })
  }

  /** Gives a run that waits another place in the queue. */
  renumber(id: string, number: number): void {
    atomically(this.#database, () => this.#statements.renumber.run(number, id))
  }

  /** What the runner needs of a run. */
  graph(id: string): Pick<StoredRun, 'prompt' | 'extraData' | 'outputs'> {
    const row = this.#statements.item.get(id) as ItemRow
    return { prompt: JSON.parse(row.prompt), extraData: JSON.parse(row.extra), outputs: JSON.parse(row.outputs) }
  }

  /**
   * Every run that an earlier host process left behind, all waiting again. Where that process died while the runner was at
   * work, so that both may have been killed for what the run takes, that counts as a crash. Called once, when the host
   * starts.
   */
  reopen(): (Run & { readonly crashes: number })[] {
    this.#statements.reopen.run()
    const rows = this.#statements.unfinished.all() as RunRow[]
    return rows.map((row) => ({
      id: row.id,
      number: row.number,
      sequence: row.sequence,
      clientId: row.client ?? undefined,
      delivery: row.delivery,
      shape: row.shape === null ? { classes: {}, bytes: 0 } : JSON.parse(row.shape),
      crashes: row.crashes,
    }))
  }

  /** The temporary files, by their place in their folder, that runs name which an earlier host process left behind. */
  temporaryInputs(): ReadonlySet<string> {
    const rows = this.#statements.namingTemporary.all() as Pick<ItemRow, 'prompt'>[]
    const names = rows.flatMap(({ prompt }) => [...prompt.matchAll(/"((?:[^"\\]|\\.)*) \[temp\]"/g)])
    return new Set(names.map(([, name]) => (JSON.parse(`"${name}"`) as string).replaceAll('\\', '/')))
  }

  /** JSON text of ComfyUI's queue item `[number, id, prompt, extra_data, outputs]`; undefined when it is gone. */
  itemText(id: string): string | undefined {
    const row = this.#statements.item.get(id) as ItemRow | undefined
    return row === undefined ? undefined : itemText(row)
  }

  /** JSON text of a history record; undefined unless the run has ended. */
  recordText(id: string): string | undefined {
    const row = this.#statements.item.get(id) as ItemRow | undefined
    return row === undefined || row.record === null ? undefined : recordText(row)
  }

  /** `"id":record` for every run of the range, oldest first, a page at a time. */
  *history({ limit = MAX_LISTED, offset }: HistoryRange): Generator<string[]> {
    if (limit === 0) return
    let after = this.#before(limit, offset)
    if (after === undefined) return
    for (let left = limit; left > 0; ) {
      const rows = this.#statements.page.all(after, Math.min(PAGE, left)) as (ItemRow & { finish: number })[]
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map((row) => `${JSON.stringify(row.id)}:${recordText(row)}`)
      after = last.finish
      left -= rows.length
    }
  }

  /** Whether a run has been submitted and not forgotten. */
  has(id: string): boolean {
    return this.#statements.exists.get(id) !== undefined
  }

  /** When the oldest run that has not ended was submitted, in ms since 1970. */
  oldestOpen(): number | undefined {
    return (this.#statements.oldestOpen.get() as { time: number | null }).time ?? undefined
  }

  /** A run in whatever state. */
  job(id: string): Job | undefined {
    const row = this.#statements.job.get(id) as (JobRow & ItemRow) | undefined
    if (row === undefined) return undefined
    return {
      ...toListed(row),
      prompt: JSON.parse(row.prompt),
      extraData: JSON.parse(row.extra),
      record: row.record === null ? undefined : JSON.parse(row.record),
    }
  }

  /** Runs in whatever state; those of one moment in the order of their submission. */
  jobs(query: JobQuery): {
    readonly jobs: readonly ListedJob[]
    readonly total: number
  } {
    const { total, page, values } = jobListing(query)
    const { count } = this.#database.prepare(total).get(...values) as { count: number }
    const rows = this.#database.prepare(page).all(...values, query.limit, query.offset) as JobRow[]
    return { jobs: rows.map(toListed), total: count }
  }

  removeEnded(ids: readonly string[]): void {
    atomically(this.#database, () => {
      for (const id of ids) this.#statements.removeEnded.run(id)
    })
  }

  /** The place in the history of the run that ended last; those of later ones are higher. */
  get lastFinish(): number {
    return this.#finish
  }

  /** Forgets runs up to a place in the history, the oldest first. @returns how many, at most `limit` */
  removeEndedUpTo(finish: number, limit: number): number {
    return this.#statements.removeEndedUpTo.run(finish, limit).changes
  }

  /** Forgets runs that ended before a moment, the oldest first. @returns how many, at most `limit` */
  removeEndedBefore(time: number, limit: number): number {
    return this.#statements.removeEndedBefore.run(time, limit).changes
  }

  /** For runs that an earlier version wrote down, which had no summaries. */
  #summarise(): void {
    const rows = this.#statements.unsummarised.all() as { id: string; record: string }[]
    if (rows.length === 0) return
    atomically(this.#database, () => {
      for (const { id, record } of rows) {
        this.#statements.summarise.run(JSON.stringify(summaryOf(JSON.parse(record) as RunRecord)), id)
      }
    })
  }

  /** The `finish` before the first record of a range; undefined when there is none. */
  #before(limit: number, offset: number | undefined): number | undefined {
    const isNewest = offset === undefined || offset < 0
    const row = isNewest ? this.#statements.newest.get(limit - 1) : this.#statements.oldest.get(offset)
    if (row !== undefined) return (row as { finish: number }).finish - 1
    return isNewest ? 0 : undefined
  }
}
