import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { atomically } from '../../../server/runs/atomically.ts'
import { Settings } from '../../../server/runs/settings.ts'
import { knownFailure } from '../../../server/storage/known-failure.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('settings that cannot all be written are not written, and the reason is told', () => {
  const file = join(folder, 'settings.db')
  const settings = new Settings(file)
  settings.put([['kept', 1]])
  const database = new Database(file)
  // SQLite ends the transaction itself, as it does on a full disk.
  database.exec(
    `CREATE TRIGGER full BEFORE INSERT ON settings WHEN NEW.name = 'last'
     BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END`,
  )
  database.close()
  const put = () =>
    settings.put([
      ['first', 2],
      ['last', 3],
    ])
  expect(put).toThrow('database or disk is full')
  expect([...settings.all()]).toEqual([['kept', 1]])
  settings.close()
})

test('a transaction for which there is no room says that the disk is full', () => {
  const database = new Database(':memory:')
  database.exec('CREATE TABLE texts (text TEXT); PRAGMA max_page_count = 3')
  const write = (length: number) =>
    atomically(database, () => database.prepare('INSERT INTO texts VALUES (?)').run('x'.repeat(length)))
  let failure: unknown
  try {
    write(1 << 20)
  } catch (error) {
    failure = error
  }
  expect(knownFailure(failure)).toMatchObject({ code: 'disk_full' })
  write(1)
  expect(database.prepare('SELECT text FROM texts').all()).toEqual([{ text: 'x' }])
  database.close()
})
