import Libsql from 'libsql'
import { MIGRATIONS } from './migrations.ts'

/** The host's database, open: each that keeps something in it prepares statements of its own. */
export type Database = Libsql.Database
export type Statement = Libsql.Statement

/**
 * Opens the host's database and brings it to the newest schema.
 * @param file path of the database, or `:memory:`
 */
export function openDatabase(file: string): Database {
  const database = new Libsql(file)
  database.exec('PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;')
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue
    database.exec(`BEGIN; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
  return database
}
