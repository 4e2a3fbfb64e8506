import { afterEach, expect, test, vi } from 'vitest'
import type { Submission } from '../../../server/runs/run.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import type { Supervisor } from '../../../server/runs/supervisor.ts'
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
afterEach(() => store.close())

function open(execute: Supervisor['execute']) {
  store = new RunStore(':memory:')
  const receipts = { forget: async () => undefined, keepOnly: async () => undefined }
  const log: string[] = []
  const runs = new Runs(store, { execute, cancel: () => undefined }, receipts, (line) => log.push(line))
  return { runs, log }
}

test('a run that cannot be taken out of the queue stays in it', () => {
  const { runs } = open(() => new Promise(() => undefined))
  const { id } = runs.submit(submission)
  vi.spyOn(store, 'removeWaiting').mockImplementationOnce(full)
  expect(() => runs.remove([id])).toThrow(/full/)
  expect(runs.isOpen(id)).toBe(true)
  runs.remove([id])
  expect([runs.isOpen(id), runs.isKnown(id)]).toEqual([false, false])
  runs.close()
})

test('a death of the runner that cannot be written down is no death of the host', async () => {
  let mayRunAgain: (() => boolean) | undefined
  const { runs, log } = open((_run, _onEvent, again) => {
    mayRunAgain = again
    return new Promise(() => undefined)
  })
  runs.submit(submission)
  const again = await until(() => mayRunAgain)
  vi.spyOn(store, 'crash').mockImplementationOnce(full)
  expect(again()).toBe(true)
  expect(log).toEqual([expect.stringContaining('disk is full')])
  expect([again(), again(), again()]).toEqual([true, true, false])
  runs.close()
})
