import type { Database } from './database.ts'

/**
 * Does all of the work in one transaction, or none of it: where it throws, so does this, the same. The transaction writes
 * from its beginning: a statement that finds the database locked by others stays open, and nothing is committed while it is.
 * Within another such work it is part of that.
 */
export function atomically(database: Database, work: () => void): void {
  if (database.inTransaction) {
    work()
    return
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // After a full disk SQLite has rolled back by itself; a second error would hide the first.
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}
