import { randomUUID } from 'node:crypto'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { atomically } from '../database/atomically.ts'
import type { Database } from '../database/database.ts'

/** Names, of settings and of users each. */
const MOST_NAMES = 2000
/** Bytes of all settings together: whoever asks for them is sent all, and everybody else waits meanwhile. */
const MOST_BYTES = 1 << 20

/**
 * Settings of clients, a JSON value by name, and the ids of users by name, in the host's database. There are at most
 * MOST_NAMES of each; the settings have at most MOST_BYTES together.
 */
export class Settings {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepare(database)
  }

  all(): ReadonlyMap<string, unknown> {
    const rows = this.#statements.all.all() as { name: string; value: string }[]
    return new Map(rows.map(({ name, value }) => [name, JSON.parse(value)]))
  }

  /** The value of one; undefined where nobody has set it. */
  get(name: string): unknown {
    const row = this.#statements.get.get(name) as { value: string } | undefined
    return row === undefined ? undefined : JSON.parse(row.value)
  }

  /** All of them or, when one cannot be written, none. @throws RestorationError `invalid_input` when they would be too many */
  put(values: readonly (readonly [name: string, value: unknown])[]): void {
    refuseMore('settings', values.length)
    atomically(this.#database, () => {
      for (const [name, value] of values) this.#statements.put.run(name, JSON.stringify(value ?? null))
      const { names, bytes } = this.#statements.size.get() as { names: number; bytes: number }
      refuseMore('settings', names)
      if (bytes > MOST_BYTES) {
        throw new RestorationError(
          'invalid_input',
          `The settings would have ${bytes} bytes together, more than ${MOST_BYTES}.`,
          'Keep what is large as a file, with POST /userdata/{file}.',
        )
      }
    })
  }

  /** The id of a new user; undefined when the name is taken. @throws RestorationError `invalid_input` when there are too many */
  addUser(name: string): string | undefined {
    const id = `${name.replaceAll(/[^a-zA-Z0-9_-]+/g, '-')}_${randomUUID()}`
    let isNew = false
    atomically(this.#database, () => {
      isNew = this.#statements.addUser.run(name, id).changes === 1
      refuseMore('users', (this.#statements.users.get() as { names: number }).names)
    })
    return isNew ? id : undefined
  }
}

function refuseMore(of: string, count: number): void {
  if (count <= MOST_NAMES) return
  throw new RestorationError(
    'invalid_input',
    `There would be ${count} ${of}, more than ${MOST_NAMES}.`,
    'Use names again that are there.',
  )
}

function prepare(database: Database) {
  return {
    all: database.prepare('SELECT name, value FROM settings ORDER BY name'),
    get: database.prepare('SELECT value FROM settings WHERE name = ?'),
    put: database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)'),
    size: database.prepare(
      `SELECT count(*) AS names, coalesce(sum(octet_length(name) + octet_length(value)), 0) AS bytes FROM settings`,
    ),
    addUser: database.prepare('INSERT OR IGNORE INTO users (name, id) VALUES (?, ?)'),
    users: database.prepare('SELECT count(*) AS names FROM users'),
  }
}
