import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, expect, test } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import { RunStore } from '../../../server/runs/store.ts'
import { Settings } from '../../../server/settings/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'gendr-migration-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the runs of the first version are there after the host was brought up to date', () => {
  const file = join(folder, 'old.db')
  const old = new Database(file)
  old.exec(`CREATE TABLE runs (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, number REAL NOT NULL, client TEXT,
      delivery TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, prompt TEXT NOT NULL,
      extra TEXT NOT NULL, outputs TEXT NOT NULL, record TEXT, finish INTEGER, created_at INTEGER NOT NULL,
      started_at INTEGER, finished_at INTEGER);
    CREATE INDEX runs_by_status ON runs (status);
    CREATE INDEX runs_by_finish ON runs (finish);
    PRAGMA user_version = 1;`)
  const add = old.prepare(
    `INSERT INTO runs (id, sequence, number, delivery, status, prompt, extra, outputs, record, finish, created_at)
     VALUES (?, ?, ?, 'files', ?, '{"1":{"class_type":"Fake","inputs":{}}}', ?, '["1"]', ?, ?, 5)`,
  )
  const record = {
    outputs: { 1: { images: [{ filename: 'a.png', subfolder: '', type: 'output' }] } },
    status: { status_str: 'success', completed: true, messages: [] },
    meta: {},
  }
  const extra = JSON.stringify({ extra_pnginfo: { workflow: { id: 'flow' } } })
  add.run('ended', 1, 0, 'ended', extra, JSON.stringify(record), 1)
  add.run('waits', 2, 1, 'waiting', '{}', null, null)
  old.close()

  const database = openDatabase(file)
  const store = new RunStore(database)
  expect(JSON.parse(store.recordText('ended')!)).toMatchObject({ prompt: [0, 'ended', {}, {}, ['1']], ...record })
  expect(store.jobs({ status: ['completed'], sort_by: 'created_at', sort_order: 'asc', limit: 9, offset: 0 })).toEqual({
    total: 1,
    jobs: [
      expect.objectContaining({ id: 'ended', workflow: 'flow', summary: expect.objectContaining({ pictures: 1 }) }),
    ],
  })
  expect(store.reopen()).toMatchObject([{ id: 'waits', number: 1, crashes: 0 }])
  database.close()
})

test('settings and users that were made beside the versions are there too', () => {
  const file = join(folder, 'beside.db')
  openDatabase(file).close()
  const old = new Database(file)
  old.exec(`DROP TABLE settings; DROP TABLE users; PRAGMA user_version = 5;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE users (name TEXT PRIMARY KEY, id TEXT NOT NULL);
    INSERT INTO users VALUES ('default', 'default'), ('Uma', 'Uma_1');
    INSERT INTO settings VALUES ('tile', '512')`)
  old.close()
  const database = openDatabase(file)
  const settings = new Settings(database)
  expect([...settings.all()]).toEqual([['tile', 512]])
  expect(settings.addUser('Uma')).toBeUndefined()
  expect(database.prepare('SELECT count(*) AS count FROM users').get()).toMatchObject({ count: 2 })
  database.close()
})
