import { randomUUID } from 'node:crypto'
import type Database from 'libsql'
import type { JobStatus } from '../protocol/jobs.ts'
import { failureOf, picturesOf } from './job.ts'
import type { RunRecord } from './record.ts'

/** Word of a run's end that has not reached its receiver yet. */
export interface Delivery {
  readonly id: string
  readonly run: string
  readonly url: string
  /** JSON. */
  readonly body: string
  /** How often it was tried. */
  readonly attempts: number
}

/** What is still to be told to others, durable; when depends on how often it was tried. */
export class Deliveries {
  readonly #add: Database.Statement
  readonly #due: Database.Statement
  readonly #next: Database.Statement
  readonly #postpone: Database.Statement
  readonly #remove: Database.Statement

  constructor(database: Database.Database) {
    this.#add = database.prepare('INSERT INTO deliveries (id, run, url, body, due_at) VALUES (?, ?, ?, ?, ?)')
    this.#due = database.prepare(
      'SELECT id, run, url, body, attempts FROM deliveries WHERE due_at <= ? ORDER BY due_at LIMIT ?',
    )
    this.#next = database.prepare('SELECT min(due_at) AS due FROM deliveries')
    this.#postpone = database.prepare('UPDATE deliveries SET attempts = attempts + 1, due_at = ? WHERE id = ?')
    this.#remove = database.prepare('DELETE FROM deliveries WHERE id = ?')
  }

  /** To be called in the transaction that writes the run down as ended. */
  add(run: string, url: string, status: JobStatus, record: RunRecord, now: number): void {
    const pictures = picturesOf(record.outputs).map(({ filename, subfolder, type, nodeId }) => ({
      node: nodeId,
      filename,
      subfolder,
      type,
    }))
    const timestamp = new Date(now).toISOString()
    const error = status === 'failed' ? failureOf(record) : undefined
    const data = { id: run, status, outputs: pictures, ...(error && { error }) }
    const body = { type: `run.${status}`, timestamp, data }
    this.#add.run(`msg_${randomUUID()}`, run, url, JSON.stringify(body), now)
  }

  /** Those whose time has come, the oldest first. */
  due(now: number, most: number): readonly Delivery[] {
    return this.#due.all(now, most) as Delivery[]
  }

  /** When the next one is due, in milliseconds since 1970. */
  next(): number | undefined {
    return (this.#next.get() as { due: number | null }).due ?? undefined
  }

  postpone(id: string, until: number): void {
    this.#postpone.run(until, id)
  }

  remove(id: string): void {
    this.#remove.run(id)
  }
}
