import { beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import { RunRecorder } from '../../../server/runs/record.ts'
import { RunStore } from '../../../server/runs/store.ts'

let store: RunStore
beforeEach(() => {
  store = new RunStore(openDatabase(':memory:'))
})

const NO_SHAPE = { classes: {}, bytes: 0 }

function add(id: string): void {
  const prompt = { 1: { class_type: 'Fake', inputs: { text: 'é "quoted"' } } }
  const run = {
    id,
    number: 1.5,
    sequence: store.nextSequence(),
    delivery: 'files' as const,
    clientId: 'me',
    shape: NO_SHAPE,
  }
  store.add({ ...run, prompt, outputs: ['1'], extraData: { client_id: 'me' } }, 0)
}

function finish(id: string): void {
  store.start(id, 1)
  store.finish(id, { record: new RunRecorder({}).record() }, 2)
}

const ids = (range: { limit?: number; offset?: number }) =>
  Object.keys(JSON.parse(`{${[...store.history(range)].flat().join(',')}}`))

describe('the history', () => {
  test('is listed oldest first, in order of ending', () => {
    for (const id of ['a', 'b', 'c']) add(id)
    for (const id of ['b', 'c', 'a']) finish(id)
    expect(ids({})).toEqual(['b', 'c', 'a'])
  })

  test('takes the newest with a limit, and counts from the oldest with an offset', () => {
    const names = Array.from({ length: 45 }, (_, i) => `run-${i}`)
    for (const id of names) add(id)
    for (const id of names) finish(id)
    expect(ids({ limit: 2 })).toEqual(['run-43', 'run-44'])
    expect(ids({ limit: 2, offset: 1 })).toEqual(['run-1', 'run-2'])
    expect(ids({ offset: 40 })).toEqual(names.slice(40))
    expect(ids({ limit: 0 })).toEqual([])
    expect(ids({})).toEqual(names)
    expect(ids({ offset: 100 })).toEqual([])
  })

  test('keeps only so many, the newest', () => {
    store = new RunStore(openDatabase(':memory:'), 10)
    for (let i = 0; i < 13; i++) {
      add(`${i}`)
      finish(`${i}`)
    }
    expect(store.recordText('2')).toBeUndefined()
    expect(store.recordText('3')).toBeDefined()
    expect(ids({})).toHaveLength(10)
  })
})

test('a record begins with ComfyUI’s queue item', () => {
  add('x')
  expect(store.recordText('x')).toBeUndefined()
  finish('x')
  expect(JSON.parse(store.recordText('x')!)).toEqual({
    prompt: [1.5, 'x', { 1: { class_type: 'Fake', inputs: { text: 'é "quoted"' } } }, { client_id: 'me' }, ['1']],
    outputs: {},
    status: { status_str: 'error', completed: false, messages: [] },
    meta: {},
    node_times: {},
  })
})

test('an id that is used again replaces the record', () => {
  add('x')
  finish('x')
  add('x')
  expect(store.recordText('x')).toBeUndefined()
})

test('only what has ended can be forgotten', () => {
  add('waits')
  add('ended')
  finish('ended')
  store.removeEnded(['waits'])
  store.removeEndedUpTo(store.lastFinish, 10)
  expect(store.itemText('waits')).toBeDefined()
  expect(store.itemText('ended')).toBeUndefined()
})

test('an end of the host counts against a run that the runner had begun, unless the host was to end', () => {
  add('deadly')
  const starts: [() => void, number][] = [
    [() => undefined, 0],
    [() => store.begin('deadly'), 1],
    [() => undefined, 1],
    [
      () => {
        store.begin('deadly')
        store.suspend()
      },
      1,
    ],
    [
      () => {
        store.begin('deadly')
        store.crash('deadly')
      },
      2,
    ],
    [() => store.begin('deadly'), 3],
  ]
  for (const [happens, crashes] of starts) {
    store.start('deadly', 1)
    happens()
    expect(store.reopen()).toMatchObject([{ id: 'deadly', crashes }])
    expect(store.reopen()).toMatchObject([{ id: 'deadly', crashes }])
  }
})
