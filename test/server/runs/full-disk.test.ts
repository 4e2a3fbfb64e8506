import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Database from 'libsql'
import { expect, test, vi } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import { RunRecorder } from '../../../server/runs/record.ts'
import type { Submission } from '../../../server/runs/run.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import type { MayRunAgain, Supervisor } from '../../../server/runs/supervisor.ts'
import { fakeGraph, until } from './fake-host.ts'

/** What the queue does while its database cannot be written. */

const full = () => {
  throw new Error('database or disk is full')
}
const submission: Submission = {
  prompt: fakeGraph('succeed'),
  outputs: ['1'],
  extraData: {},
  delivery: 'files',
  attachments: {},
}
let store: RunStore

function open(execute: Supervisor['execute']) {
  store = new RunStore(openDatabase(':memory:'))
  const receipts = { forget: async () => undefined, keepOnly: async () => undefined }
  const log: string[] = []
  const runs = new Runs({
    store,
    supervisor: { execute, cancel: () => undefined },
    receipts,
    log: (line) => log.push(line),
  })
  return { runs, log }
}

test('a run that cannot be taken out of the queue stays in it', () => {
  const { runs } = open(() => new Promise(() => undefined))
  const { id } = runs.submit(submission)
  vi.spyOn(store, 'finishAll').mockImplementationOnce(full)
  expect(() => runs.remove([id])).toThrow(/full/)
  expect(runs.isOpen(id)).toBe(true)
  runs.remove([id])
  expect([runs.isOpen(id), runs.job(id)?.status]).toEqual([false, 'cancelled'])
  runs.close()
})

test('whatever could not be written while others held the database is no reason that the rest cannot be', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'gendr-locked-')), 'gendr.db')
  const database = openDatabase(file)
  store = new RunStore(database)
  const shape = { classes: {}, bytes: 0 }
  const run = { ...submission, id: 'run', number: 0, sequence: 1, clientId: undefined, shape }
  store.add(run, 0)
  store.start('run', 0)
  const other = new Database(file)
  other.exec('BEGIN IMMEDIATE')
  expect(() => store.begin('run')).toThrow(/locked/)
  expect(() => store.crash('run')).toThrow(/locked/)
  expect(() => store.files.forgetAll('temp')).toThrow(/locked/)
  expect(() => store.deliveries.remove('none')).toThrow(/locked/)
  other.exec('ROLLBACK')
  other.close()
  store.finish('run', { record: new RunRecorder({}).record() }, 1)
  expect(store.recordText('run')).toBeDefined()
  database.close()
  rmSync(dirname(file), { recursive: true })
}, 20_000)

test('a run that cannot be written down as begun says that the disk is full until it can', async () => {
  const { runs } = open(() => new Promise(() => undefined))
  const start = vi.spyOn(store, 'start').mockImplementation(() => {
    throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
  })
  runs.submit(submission)
  await until(() => (runs.isDiskFull ? true : undefined))
  start.mockRestore()
  await until(() => runs.active[0])
  expect(runs.isDiskFull).toBe(false)
  runs.close()
})

test('a death of the runner that cannot be written down is no death of the host', async () => {
  let mayRunAgain: MayRunAgain | undefined
  const { runs, log } = open((_run, _onEvent, options) => {
    mayRunAgain = options?.mayRunAgain
    return new Promise(() => undefined)
  })
  runs.submit(submission)
  const again = await until(() => mayRunAgain)
  vi.spyOn(store, 'crash').mockImplementationOnce(full)
  expect(again(true)).toBe(true)
  expect(log).toEqual([expect.stringContaining('disk is full')])
  expect([again(true), again(true), again(true)]).toEqual([true, true, false])
  runs.close()
})
