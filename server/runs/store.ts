import Database from 'libsql'
import type { Prompt } from '../graph/prompt.ts'
import type { JobStatus } from '../protocol/jobs.ts'
import type { RunRequest } from '../runner/messages.ts'
import { type Job, type JobQuery, outcomeOf } from './job.ts'
import type { RunRecord } from './record.ts'
import type { Run } from './run.ts'

/** A run as it is written down before it is accepted. */
export interface StoredRun extends Run {
  readonly prompt: Prompt
  readonly extraData: Readonly<Record<string, unknown>>
  readonly outputs: readonly string[]
}

/** Which part of the history: see ComfyUI's PromptQueue.get_history. */
export interface HistoryRange {
  readonly limit?: number | undefined
  /** From the oldest; absent with a limit means the newest ones. */
  readonly offset?: number | undefined
}

/** Starting over and over a run that takes the host down would never end. */
const MAX_ATTEMPTS = 3
const MAX_HISTORY = 10_000
const PAGE = 20

const MIGRATIONS = [
  `CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     sequence INTEGER NOT NULL,
     number REAL NOT NULL,
     client TEXT,
     delivery TEXT NOT NULL,
     status TEXT NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     prompt TEXT NOT NULL,
     extra TEXT NOT NULL,
     outputs TEXT NOT NULL,
     record TEXT,
     finish INTEGER,
     created_at INTEGER NOT NULL,
     started_at INTEGER,
     finished_at INTEGER
   );
   CREATE INDEX runs_by_status ON runs (status);
   CREATE INDEX runs_by_finish ON runs (finish);`,
  `ALTER TABLE runs ADD COLUMN job TEXT NOT NULL DEFAULT 'pending';
   UPDATE runs SET job = CASE
     WHEN status != 'ended' THEN 'pending'
     WHEN json_extract(record, '$.status.completed') THEN 'completed'
     WHEN record LIKE '%"execution_interrupted"%' THEN 'cancelled'
     ELSE 'failed' END;
   ALTER TABLE runs ADD COLUMN workflow TEXT
     GENERATED ALWAYS AS (json_extract(extra, '$.extra_pnginfo.workflow.id')) VIRTUAL;
   CREATE INDEX runs_by_job ON runs (job, created_at);
   CREATE INDEX runs_by_creation ON runs (created_at);`,
]

/**
 * Runs on disk, one row each. Graphs are kept and given back as JSON text, so that listing the queue or the history
 * parses nothing.
 */
export class RunStore {
  readonly #database: Database.Database
  readonly #statements: ReturnType<typeof prepare>
  #sequence: number
  #finish: number

  /** @param file path of the database, or `:memory:` */
  constructor(file: string) {
    this.#database = new Database(file)
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
    migrate(this.#database)
    this.#statements = prepare(this.#database)
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
    this.#statements.add.run(
      run.id,
      run.sequence,
      run.number,
      run.clientId ?? null,
      run.delivery,
      JSON.stringify(run.prompt),
      JSON.stringify(run.extraData),
      JSON.stringify(run.outputs),
      now,
    )
  }

  start(id: string, now: number): void {
    this.#statements.start.run(now, id)
  }

  finish(id: string, record: RunRecord, now: number): void {
    this.#finish += 1
    this.#statements.finish.run(JSON.stringify(record), outcomeOf(record), this.#finish, now, id)
    this.#statements.prune.run(this.#finish - MAX_HISTORY)
  }

  removeWaiting(ids: readonly string[]): void {
    for (const id of ids) this.#statements.removeWaiting.run(id)
  }

  /** What the runner needs of a run. */
  graph(id: string): Pick<StoredRun, 'prompt' | 'extraData' | 'outputs'> {
    const row = this.#statements.item.get(id) as ItemRow
    return { prompt: JSON.parse(row.prompt), extraData: JSON.parse(row.extra), outputs: JSON.parse(row.outputs) }
  }

  /**
   * Every run that an earlier host process left behind, all waiting again; `exhausted` when it was started too often.
   * Called once, when the host starts.
   */
  reopen(): (Run & { readonly exhausted: boolean })[] {
    this.#statements.reopen.run()
    const rows = this.#statements.unfinished.all() as RunRow[]
    return rows.map((row) => ({
      id: row.id,
      number: row.number,
      sequence: row.sequence,
      clientId: row.client ?? undefined,
      delivery: row.delivery,
      exhausted: row.attempts >= MAX_ATTEMPTS,
    }))
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
  *history({ limit, offset }: HistoryRange): Generator<string[]> {
    const newest = limit !== undefined && (offset === undefined || offset < 0)
    const { total } = this.#statements.count.get() as { total: number }
    const skipped = newest ? Math.max(0, total - limit) : Math.max(0, offset ?? 0)
    let left = limit ?? total
    let after = (this.#statements.finishAt.get(skipped) as { finish: number } | undefined)?.finish
    if (after === undefined) return
    after -= 1
    while (left > 0) {
      const rows = this.#statements.page.all(after, Math.min(PAGE, left)) as (ItemRow & { finish: number })[]
      const last = rows[rows.length - 1]
      if (last === undefined) return
      yield rows.map((row) => `${JSON.stringify(row.id)}:${recordText(row)}`)
      after = last.finish
      left -= rows.length
    }
  }

  /** A run in whatever state. */
  job(id: string): Job | undefined {
    const row = this.#statements.job.get(id) as JobRow | undefined
    return row === undefined ? undefined : toJob(row)
  }

  /** Runs in whatever state; those of one moment in the order of their submission. */
  jobs({ status, workflow_id: workflow, sort_by, sort_order, limit, offset }: JobQuery): {
    readonly jobs: readonly Job[]
    readonly total: number
  } {
    const where: string[] = []
    const values: unknown[] = []
    if (status.length > 0) where.push(`job IN (${status.map(() => '?').join(', ')})`)
    values.push(...status)
    if (workflow !== undefined) {
      where.push('workflow = ?')
      values.push(workflow)
    }
    const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''
    const column = { created_at: 'created_at', execution_duration: 'finished_at - started_at' }[sort_by]
    const order = { asc: 'ASC', desc: 'DESC' }[sort_order]
    const { total } = this.#database.prepare(`SELECT count(*) AS total FROM runs ${condition}`).get(...values) as {
      total: number
    }
    const rows = this.#database
      .prepare(`SELECT ${JOB} FROM runs ${condition} ORDER BY ${column} ${order}, sequence ${order} LIMIT ? OFFSET ?`)
      .all(...values, limit, offset) as JobRow[]
    return { jobs: rows.map(toJob), total }
  }

  removeEnded(ids: readonly string[]): void {
    for (const id of ids) this.#statements.removeEnded.run(id)
  }

  clearEnded(): void {
    this.#statements.clearEnded.run()
  }

  close(): void {
    this.#database.close()
  }
}

interface RunRow {
  readonly id: string
  readonly sequence: number
  readonly number: number
  readonly client: string | null
  readonly delivery: RunRequest['delivery']
  readonly attempts: number
}

interface ItemRow {
  readonly id: string
  readonly number: number
  readonly prompt: string
  readonly extra: string
  readonly outputs: string
  readonly record: string | null
}

const JOB = 'id, number, job, prompt, extra, record, created_at, started_at, finished_at'

interface JobRow extends Omit<ItemRow, 'outputs'> {
  readonly job: JobStatus
  readonly created_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    number: row.number,
    status: row.job,
    prompt: JSON.parse(row.prompt),
    extraData: JSON.parse(row.extra),
    record: row.record === null ? undefined : JSON.parse(row.record),
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    endedAt: row.finished_at ?? undefined,
  }
}

function itemText(row: ItemRow): string {
  return `[${row.number},${JSON.stringify(row.id)},${row.prompt},${row.extra},${row.outputs}]`
}

/** The stored record is a JSON object that is never empty; `prompt` goes in front of its members. */
function recordText(row: ItemRow): string {
  return `{"prompt":${itemText(row)},${row.record?.slice(1)}`
}

function prepare(database: Database.Database) {
  const item = 'id, number, prompt, extra, outputs, record'
  return {
    last: database.prepare(
      'SELECT coalesce(max(sequence), 0) AS sequence, coalesce(max(finish), 0) AS finish FROM runs',
    ),
    add: database.prepare(
      `INSERT OR REPLACE INTO runs (id, sequence, number, client, delivery, status, prompt, extra, outputs, created_at)
       VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
    ),
    start: database.prepare(
      "UPDATE runs SET status = 'running', job = 'in_progress', attempts = attempts + 1, started_at = ? WHERE id = ?",
    ),
    finish: database.prepare(
      "UPDATE runs SET status = 'ended', record = ?, job = ?, finish = ?, finished_at = ? WHERE id = ?",
    ),
    prune: database.prepare('DELETE FROM runs WHERE finish <= ?'),
    removeWaiting: database.prepare("DELETE FROM runs WHERE id = ? AND status = 'waiting'"),
    item: database.prepare(`SELECT ${item} FROM runs WHERE id = ?`),
    job: database.prepare(`SELECT ${JOB} FROM runs WHERE id = ?`),
    reopen: database.prepare("UPDATE runs SET status = 'waiting', job = 'pending' WHERE status = 'running'"),
    unfinished: database.prepare(
      "SELECT id, sequence, number, client, delivery, attempts FROM runs WHERE status != 'ended' ORDER BY sequence",
    ),
    count: database.prepare("SELECT count(*) AS total FROM runs WHERE status = 'ended'"),
    finishAt: database.prepare('SELECT finish FROM runs WHERE finish IS NOT NULL ORDER BY finish LIMIT 1 OFFSET ?'),
    page: database.prepare(`SELECT finish, ${item} FROM runs WHERE finish > ? ORDER BY finish LIMIT ?`),
    removeEnded: database.prepare("DELETE FROM runs WHERE id = ? AND status = 'ended'"),
    clearEnded: database.prepare("DELETE FROM runs WHERE status = 'ended'"),
  }
}

/** Brings the file to the newest schema; `user_version` counts the migrations that it has seen. */
function migrate(database: Database.Database): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue
    database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
}
