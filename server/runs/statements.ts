import type { Database } from '../database/database.ts'
import type { JobQuery } from './job.ts'

const JOB = 'id, number, job, workflow, summary, created_at, started_at, finished_at'

/** What the store says to its database, all but the lists of jobs. */
export function statementsOf(database: Database) {
  const item = 'id, number, prompt, extra, outputs, record'
  return {
    last: database.prepare(
      'SELECT coalesce(max(sequence), 0) AS sequence, coalesce(max(finish), 0) AS finish FROM runs',
    ),
    remove: database.prepare('DELETE FROM runs WHERE id = ?'),
    add: database.prepare(
      `INSERT INTO runs (id, sequence, number, client, delivery, status, workflow, shape, webhook, created_at)
       VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
    ),
    addGraph: database.prepare('INSERT OR REPLACE INTO graphs (id, prompt, extra, outputs) VALUES (?, ?, ?, ?)'),
    start: database.prepare(
      "UPDATE runs SET status = 'running', job = 'in_progress', attempts = 0, started_at = ? WHERE id = ?",
    ),
    // How often the runner of the present host has begun it since it last died under it.
    begin: database.prepare('UPDATE runs SET attempts = attempts + 1 WHERE id = ?'),
    suspend: database.prepare("UPDATE runs SET attempts = 0 WHERE status = 'running'"),
    crash: database.prepare('UPDATE runs SET crashes = crashes + 1, attempts = 0 WHERE id = ?'),
    crashes: database.prepare('SELECT crashes FROM runs WHERE id = ?'),
    finish: database.prepare(
      "UPDATE runs SET status = 'ended', job = ?, summary = ?, finish = ?, finished_at = ? WHERE id = ?",
    ),
    finishGraph: database.prepare('UPDATE graphs SET record = ? WHERE id = ?'),
    unsummarised: database.prepare(
      "SELECT id, record FROM runs JOIN graphs USING (id) WHERE summary IS NULL AND status = 'ended' AND record IS NOT NULL",
    ),
    summarise: database.prepare('UPDATE runs SET summary = ? WHERE id = ?'),
    webhook: database.prepare('SELECT webhook FROM runs WHERE id = ?'),
    prune: database.prepare('DELETE FROM runs WHERE finish <= ?'),
    renumber: database.prepare("UPDATE runs SET number = ? WHERE id = ? AND status = 'waiting'"),
    item: database.prepare(`SELECT ${item} FROM runs JOIN graphs USING (id) WHERE id = ?`),
    oldestOpen: database.prepare("SELECT min(created_at) AS time FROM runs WHERE status IN ('waiting', 'running')"),
    exists: database.prepare('SELECT 1 FROM runs WHERE id = ?'),
    job: database.prepare(
      `SELECT ${JOB}, prompt, extra, outputs, record FROM runs JOIN graphs USING (id) WHERE id = ?`,
    ),
    reopen: database.prepare(
      `UPDATE runs SET status = 'waiting', job = 'pending', crashes = crashes + (attempts > 0)
       WHERE status = 'running'`,
    ),
    unfinished: database.prepare(
      `SELECT id, sequence, number, client, delivery, crashes, shape FROM runs
       WHERE status != 'ended' ORDER BY sequence`,
    ),
    namingTemporary: database.prepare(
      `SELECT prompt FROM runs JOIN graphs USING (id)
       WHERE status != 'ended' AND delivery = 'files' AND prompt LIKE '% [temp]"%'`,
    ),
    newest: database.prepare('SELECT finish FROM runs WHERE finish IS NOT NULL ORDER BY finish DESC LIMIT 1 OFFSET ?'),
    oldest: database.prepare('SELECT finish FROM runs WHERE finish IS NOT NULL ORDER BY finish LIMIT 1 OFFSET ?'),
    page: database.prepare(
      `SELECT finish, ${item} FROM runs JOIN graphs USING (id) WHERE finish > ? ORDER BY finish LIMIT ?`,
    ),
    removeEnded: database.prepare("DELETE FROM runs WHERE id = ? AND status = 'ended'"),
    removeEndedUpTo: database.prepare(
      'DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE finish <= ? ORDER BY finish LIMIT ?)',
    ),
    removeEndedBefore: database.prepare(
      `DELETE FROM runs WHERE id IN
       (SELECT id FROM runs WHERE finish IS NOT NULL AND finished_at < ? ORDER BY finish LIMIT ?)`,
    ),
  }
}

/**
 * How many jobs fit a query, and one page of them; those of one moment in the order of their submission.
 * @returns two statements, the values of both, which those of the page follow: its limit and its offset
 */
export function jobListing({ status, workflow_id: workflow, sort_by, sort_order }: JobQuery): {
  readonly total: string
  readonly page: string
  readonly values: readonly unknown[]
} {
  const where: string[] = []
  const values: unknown[] = []
  // With one status its index has the order of time, too; with several, the index of the order is walked and filtered.
  // There is no index by priority: it is asked for of what waits.
  const byDuration = sort_by === 'execution_duration'
  const job = status.length === 1 && !byDuration ? 'job' : '+job'
  if (status.length > 0) where.push(`${job} IN (${status.map(() => '?').join(', ')})`)
  values.push(...status)
  if (workflow !== undefined) {
    where.push('workflow = ?')
    values.push(workflow)
  }
  const condition = where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''
  const column = { created_at: 'created_at', execution_duration: 'duration', priority: 'number' }[sort_by]
  const order = { asc: 'ASC', desc: 'DESC' }[sort_order]
  // The page is found in the index alone; only its rows are read.
  const found = `SELECT rowid FROM runs ${condition} ORDER BY ${column} ${order}, sequence ${order} LIMIT ? OFFSET ?`
  return {
    total: `SELECT count(*) AS count FROM runs ${condition.replace('+job', 'job')}`,
    page: `SELECT ${JOB} FROM runs WHERE rowid IN (${found}) ORDER BY ${column} ${order}, sequence ${order}`,
    values,
  }
}
