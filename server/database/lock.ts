import Database from 'libsql'

/**
 * Takes a lock that ends with this process, however it ends: an open transaction on a database of its own.
 * @returns what gives the lock back
 * @throws Error when another process holds it, or the file cannot be written
 */
export function takeLock(file: string): () => void {
  const database = new Database(file)
  database.exec('BEGIN EXCLUSIVE')
  return () => {
    database.exec('ROLLBACK')
    database.close()
  }
}
