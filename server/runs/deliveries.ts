import { randomUUID } from 'node:crypto'
import { atomically } from '../database/atomically.ts'
import type { Database, Statement } from '../database/database.ts'
import type { JobStatus } from '../protocol/jobs.ts'

/** Word of a run's end that has not reached its receiver yet. */
export interface Delivery {
  readonly id: string
  readonly run: string
  readonly url: string
  /** Who is at the address: its scheme, host and port. */
  readonly receiver: string
  /** JSON. */
  readonly body: string
  /** How often it was tried. */
  readonly attempts: number
  /** When that was for the first time, or its receiver did not answer to another, in ms since 1970. */
  readonly triedAt: number | null
}

/** What is still to be told to others, durable; when depends on how often it was tried. */
export class Deliveries {
  readonly #database: Database
  readonly #add: Statement
  readonly #due: Statement
  readonly #next: Statement
  readonly #postpone: Statement
  readonly #remove: Statement
  readonly #silence: Statement
  readonly #removeSilenced: Statement

  constructor(database: Database) {
    this.#database = database
    this.#add = database.prepare('INSERT INTO deliveries (id, run, url, body, due_at) VALUES (?, ?, ?, ?, ?)')
    const others = 'receiver NOT IN (SELECT value FROM json_each(?))'
    this.#due = database.prepare(
      `SELECT id, run, url, receiver, body, attempts, tried_at AS triedAt FROM deliveries
       WHERE due_at <= ? AND ${others} ORDER BY due_at, attempts LIMIT 1`,
    )
    this.#next = database.prepare(`SELECT due_at AS due FROM deliveries WHERE ${others} ORDER BY due_at LIMIT 1`)
    this.#postpone = database.prepare(
      `UPDATE deliveries SET attempts = attempts + 1, tried_at = coalesce(tried_at, :now), due_at = :until
       WHERE id = :id`,
    )
    this.#remove = database.prepare('DELETE FROM deliveries WHERE id = ?')
    this.#silence = database.prepare('UPDATE deliveries SET tried_at = ? WHERE receiver = ? AND tried_at IS NULL')
    this.#removeSilenced = database.prepare('DELETE FROM deliveries WHERE receiver = ? AND tried_at < ? RETURNING run')
  }

  /** To be called in the transaction that writes the run down as ended. */
  add(url: string, result: { readonly id: string; readonly status: JobStatus }, now: number): void {
    const body = { type: `run.${result.status}`, timestamp: new Date(now).toISOString(), data: result }
    this.#add.run(`msg_${randomUUID()}`, result.id, new URL(url).href, JSON.stringify(body), now)
  }

  /** The one whose time came first, of those that are not for certain receivers. */
  due(now: number, except: readonly string[]): Delivery | undefined {
    return this.#due.get(now, JSON.stringify(except)) as Delivery | undefined
  }

  /** When the next one is due that is not for certain receivers, in milliseconds since 1970. */
  next(except: readonly string[] = []): number | undefined {
    return (this.#next.get(JSON.stringify(except)) as { due: number } | undefined)?.due
  }

  /** Notes that it was tried. */
  postpone(id: string, now: number, until: number): void {
    atomically(this.#database, () => this.#postpone.run({ id, now, until }))
  }

  remove(id: string): void {
    atomically(this.#database, () => this.#remove.run(id))
  }

  /**
   * Takes all that waits for a receiver that does not answer for tried, and gives up what was tried before a moment for the
   * first time. @returns the runs of these
   */
  silence(receiver: string, now: number, before: number): readonly string[] {
    this.#silence.run(now, receiver)
    let removed: readonly { readonly run: string }[] = []
    atomically(this.#database, () => {
      removed = this.#removeSilenced.all(receiver, before) as { run: string }[]
    })
    return removed.map(({ run }) => run)
  }
}
