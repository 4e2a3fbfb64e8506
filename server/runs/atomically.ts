import type Database from 'libsql'

/** Does all of the work in one transaction, or none of it: where it throws, so does this, the same. */
export function atomically(database: Database.Database, work: () => void): void {
  database.exec('BEGIN')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // After a full disk SQLite has rolled back by itself; a second error would hide the first.
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}
