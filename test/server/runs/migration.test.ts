import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, expect, test } from 'vitest'
import { RunStore } from '../../../server/runs/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'gendr-migration-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the runs of the first version are there after the host was brought up to date', () => {
  const file = join(folder, 'old.db')
  const database = new Database(file)
  database.exec(`CREATE TABLE runs (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, number REAL NOT NULL, client TEXT,
      delivery TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, prompt TEXT NOT NULL,
      extra TEXT NOT NULL, outputs TEXT NOT NULL, record TEXT, finish INTEGER, created_at INTEGER NOT NULL,
      started_at INTEGER, finished_at INTEGER);
    CREATE INDEX runs_by_status ON runs (status);
    CREATE INDEX runs_by_finish ON runs (finish);
    PRAGMA user_version = 1;`)
  const add = database.prepare(
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
  database.close()

  const store = new RunStore(file)
  expect(JSON.parse(store.recordText('ended')!)).toMatchObject({ prompt: [0, 'ended', {}, {}, ['1']], ...record })
  expect(store.jobs({ status: ['completed'], sort_by: 'created_at', sort_order: 'asc', limit: 9, offset: 0 })).toEqual({
    total: 1,
    jobs: [
      expect.objectContaining({ id: 'ended', workflow: 'flow', summary: expect.objectContaining({ pictures: 1 }) }),
    ],
  })
  expect(store.reopen()).toMatchObject([{ id: 'waits', number: 1, crashes: 0 }])
  store.close()
})
