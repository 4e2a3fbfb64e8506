import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import { RunRecorder } from '../../../server/runs/record.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'

let store: RunStore
let runs: Runs
beforeEach(() => {
  store = new RunStore(openDatabase(':memory:'))
  const receipts = { forget: async () => undefined, keepOnly: async () => undefined }
  runs = new Runs({
    store,
    supervisor: { execute: () => new Promise(() => undefined), cancel: () => undefined },
    receipts,
  })
  for (let i = 0; i < 200; i++) end(`run ${i}`, i)
})
afterEach(() => {
  runs.close()
})

function end(id: string, now: number): void {
  store.add(
    {
      id,
      number: 0,
      sequence: store.nextSequence(),
      delivery: 'files',
      clientId: undefined,
      shape: { classes: {}, bytes: 0 },
      prompt: {},
      outputs: [],
      extraData: {},
    },
    now,
  )
  store.start(id, now)
  store.finish(id, { record: new RunRecorder({}).record() }, now)
}

const kept = () => Object.keys(JSON.parse([...runs.historyText({})].join('')))

test.each<[string, () => Promise<unknown>]>([
  ['all', () => runs.clearHistory()],
  ['those of a list', () => runs.removeHistory(Array.from({ length: 200 }, (_, i) => `run ${i}`))],
  ['those before a moment', () => runs.removeHistoryBefore(1000)],
])('while %s are forgotten other work has its turns, and what ends meanwhile is kept', async (_name, forget) => {
  let isDone = false
  const done = forget().then(() => {
    isDone = true
  })
  end('meanwhile', 1000)
  let turns = 0
  for (; !isDone; turns++) await nextTurn()
  expect(turns).toBeGreaterThan(5)
  await done
  expect(kept()).toEqual(['meanwhile'])
})

test('forgetting goes no further once the host closes', async () => {
  const done = runs.clearHistory()
  runs.close()
  await done
  expect(kept().length).toBeGreaterThan(100)
})
