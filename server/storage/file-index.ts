import type { FileReference, FolderType } from '../../nodes/sdk/context.ts'
import { atomically } from '../database/atomically.ts'
import type { Database, Statement } from '../database/database.ts'
import type { WrittenFile } from '../protocol/events.ts'

/** Which content the host's files have: uploads and results. A file that was changed by others is not noticed here. */
export class FileIndex {
  readonly #database: Database
  readonly #put: Statement
  readonly #find: Statement
  readonly #of: Statement
  readonly #forget: Statement
  readonly #forgetAll: Statement

  constructor(database: Database) {
    this.#database = database
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO files (type, subfolder, filename, sha256, size) VALUES (?, ?, ?, ?, ?)',
    )
    const columns = 'type, subfolder, filename, sha256, size'
    this.#find = database.prepare(`SELECT ${columns} FROM files WHERE sha256 = ? ORDER BY type, subfolder, filename`)
    this.#of = database.prepare(`SELECT ${columns} FROM files WHERE type = ? AND subfolder = ? AND filename = ?`)
    this.#forget = database.prepare(
      'DELETE FROM files WHERE type = ? AND subfolder = ? AND filename = ? AND sha256 = coalesce(?, sha256)',
    )
    this.#forgetAll = database.prepare('DELETE FROM files WHERE type = ?')
  }

  put({ type, subfolder, filename, sha256, size }: WrittenFile): void {
    atomically(this.#database, () => this.#put.run(type, subfolder, filename, sha256, size))
  }

  /** Every place where this content was put. */
  find(sha256: string): readonly WrittenFile[] {
    return (this.#find.all(sha256) as WrittenFile[]).map(plain)
  }

  /** What was put to a place. */
  of({ type, subfolder, filename }: FileReference): WrittenFile | undefined {
    const row = this.#of.get(type, subfolder, filename) as WrittenFile | undefined
    return row && plain(row)
  }

  /** @param file with `sha256`, only if it is still known by that */
  forget({ type, subfolder, filename, sha256 }: FileReference & Partial<WrittenFile>): void {
    atomically(this.#database, () => this.#forget.run(type, subfolder, filename, sha256 ?? null))
  }

  /** Of a folder that has been emptied. */
  forgetAll(type: FolderType): void {
    atomically(this.#database, () => this.#forgetAll.run(type))
  }
}

/** Without what the driver adds to its rows. */
function plain({ type, subfolder, filename, sha256, size }: WrittenFile): WrittenFile {
  return { type, subfolder, filename, sha256, size }
}
