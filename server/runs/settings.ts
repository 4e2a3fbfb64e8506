import { randomUUID } from 'node:crypto'
import Database from 'libsql'
import { atomically } from './atomically.ts'

/** What clients set: any JSON value by name, and the names of users; durable. */
export class Settings {
  readonly #database: Database.Database
  readonly #all: Database.Statement
  readonly #put: Database.Statement
  readonly #addUser: Database.Statement

  /** @param file path of the database, which may hold other tables, or `:memory:` */
  constructor(file: string) {
    this.#database = new Database(file)
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
       CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
       CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, id TEXT NOT NULL);
       INSERT OR IGNORE INTO users (name, id) VALUES ('default', 'default');`,
    )
    this.#all = this.#database.prepare('SELECT name, value FROM settings ORDER BY name')
    this.#put = this.#database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)')
    this.#addUser = this.#database.prepare('INSERT OR IGNORE INTO users (name, id) VALUES (?, ?)')
  }

  all(): ReadonlyMap<string, unknown> {
    const rows = this.#all.all() as { name: string; value: string }[]
    return new Map(rows.map(({ name, value }) => [name, JSON.parse(value)]))
  }

  /** All of them or, when one cannot be written, none. */
  put(values: Iterable<readonly [string, unknown]>): void {
    atomically(this.#database, () => {
      for (const [name, value] of values) this.#put.run(name, JSON.stringify(value ?? null))
    })
  }

  /** The id of a new user; undefined when the name is taken. */
  addUser(name: string): string | undefined {
    const id = `${name.replaceAll(/[^a-zA-Z0-9_-]+/g, '-')}_${randomUUID()}`
    return this.#addUser.run(name, id).changes === 1 ? id : undefined
  }

  close(): void {
    this.#database.close()
  }
}
