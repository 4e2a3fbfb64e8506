import Database from 'libsql'
import { expect, test } from 'vitest'
import { atomically } from '../../../server/database/atomically.ts'
import { knownFailure } from '../../../server/storage/known-failure.ts'

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
