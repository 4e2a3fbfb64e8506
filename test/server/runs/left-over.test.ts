import { expect, test } from 'vitest'
import { Deferred } from '../../../server/concurrency/deferred.ts'
import { openDatabase } from '../../../server/database/database.ts'
import type { Submission } from '../../../server/runs/run.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import type { Supervisor } from '../../../server/runs/supervisor.ts'
import { fakeGraph, until } from './fake-host.ts'

/** What becomes of runs that an earlier host has left. */

let store: RunStore

const submission = (id: string): Submission => ({
  id,
  prompt: fakeGraph('succeed'),
  outputs: ['1'],
  extraData: {},
  delivery: 'files',
  attachments: {},
})

/** A host whose runner begins runs and never ends them. */
function open(forget: (runs: readonly string[]) => Promise<void> = async () => undefined) {
  const begun: string[] = []
  const execute: Supervisor['execute'] = ({ id }, onEvent) => {
    begun.push(id)
    onEvent({ runId: id, sequence: 0, time: 0, type: 'started' })
    return new Promise(() => undefined)
  }
  const receipts = { forget, keepOnly: async () => undefined }
  return { runs: new Runs({ store, supervisor: { execute, cancel: () => undefined }, receipts }), begun }
}

test('a run under which the host is killed three times fails, and the next one begins', async () => {
  store = new RunStore(openDatabase(':memory:'))
  let host = open()
  for (const id of ['poison', 'next']) host.runs.submit(submission(id))
  for (let kill = 0; kill < 3; kill++) {
    expect(await until(() => host.begun[0])).toBe('poison')
    host = open()
  }
  expect(await until(() => host.begun[0])).toBe('next')
  expect(JSON.stringify(host.runs.job('poison')?.record)).toContain('died 3 times while this run was under way')
})

test('a run that was taken out has delivered nothing when it comes again under its id', async () => {
  store = new RunStore(openDatabase(':memory:'))
  const first = open()
  first.runs.submit(submission('again'))
  await until(() => first.begun[0])
  first.runs.close()

  const forgotten = new Deferred<void>()
  const asked: string[] = []
  const second = open((runs) => {
    asked.push(...runs)
    return forgotten.promise
  })
  second.runs.cancel(['again'])
  second.runs.submit(submission('again'))
  await new Promise((wake) => setTimeout(wake, 30))
  expect([asked, second.begun]).toEqual([['again'], []])
  forgotten.resolve()
  expect(await until(() => second.begun[0])).toBe('again')
})
