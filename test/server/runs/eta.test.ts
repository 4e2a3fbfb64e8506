import { expect, test } from 'vitest'
import { openDatabase } from '../../../server/database/database.ts'
import type { RunEvent, RunEventBody } from '../../../server/protocol/events.ts'
import { Progress } from '../../../server/runs/eta.ts'
import { Speeds, shapeOf } from '../../../server/runs/speeds.ts'
import { fakeGraph, get, post, startFakeHost, until } from './fake-host.ts'

const node = (class_type: string, ...sources: string[]) => ({
  class_type,
  inputs: Object.fromEntries(sources.map((source, i) => [`in${i}`, [source, 0]])),
})
const GRAPH = { a: node('Load'), b: node('Slow', 'a'), c: node('Slow', 'b'), d: node('Save', 'c'), e: node('Unused') }
const event = (time: number, body: RunEventBody): RunEvent => ({ runId: 'run', sequence: 0, time, ...body })

test('the shape of a graph is what its outputs reach', () => {
  expect(shapeOf(GRAPH, ['d'], 5)).toEqual({ classes: { Load: 1, Slow: 2, Save: 1 }, bytes: 5 })
})

test.each(['nowhere', 'constructor', '__proto__'])('a link to %s counts for nothing in the shape', (id) => {
  expect(shapeOf({ a: node('Load', id) }, ['a'], 5)).toEqual({ classes: { Load: 1 }, bytes: 5 })
})

test('times are learnt by class and by size, the newer ones count more, and they are kept', () => {
  const database = openDatabase(':memory:')
  const speeds = new Speeds(database)
  expect(speeds.ofRun({ classes: { Slow: 1 }, bytes: 0 })).toBeUndefined()
  const learn = (bytes: number, ...times: number[]) => speeds.learn({ classes: {}, bytes }, new Map([['Slow', times]]))
  learn(1000, 100, 300)
  expect(speeds.ofNode('Slow', 1020)).toBe(200)
  learn(1_000_000, 5000)
  expect(speeds.ofNode('Slow', 1000)).toBe(200)
  expect(speeds.ofNode('Slow', 900_000)).toBe(5000)
  expect(speeds.ofNode('Slow', 50)).toBe(2600)
  for (let i = 0; i < 30; i++) learn(1000, 400)
  expect(speeds.ofNode('Slow', 1000)).toBeGreaterThan(390)
  expect(new Speeds(database).ofRun({ classes: { Slow: 2, Other: 7 }, bytes: 1000 })).toBeCloseTo(
    2 * speeds.ofNode('Slow', 1000)!,
  )
})

test('what is left of a run shrinks as its nodes end, run and report', () => {
  const speeds = new Speeds(openDatabase(':memory:'))
  speeds.learn(
    { classes: {}, bytes: 0 },
    new Map([
      ['Load', [10]],
      ['Slow', [100]],
      ['Save', [20]],
    ]),
  )
  const progress = new Progress(GRAPH, shapeOf(GRAPH, ['d'], 0), speeds)
  expect(progress.left(0)).toBe(230)
  progress.add(event(0, { type: 'cached', nodes: ['a'] }))
  expect(progress.left(0)).toBe(220)
  progress.add(event(0, { type: 'node_started', node: 'b' }))
  expect(progress.left(40)).toBe(180)
  expect(progress.left(500)).toBe(120)
  // Half of it took 100 ms, all of it should have: 75 ms lie between the 50 ms and the 100 ms that are left by either.
  progress.add(event(100, { type: 'node_progress', node: 'b', value: 1, max: 2 }))
  expect(progress.left(100)).toBe(195)
  progress.add(event(200, { type: 'node_finished', node: 'b', ui: null, cached: false }))
  expect(progress.left(200)).toBe(120)
})

test('a run that begins anew has all of it left', () => {
  const speeds = new Speeds(openDatabase(':memory:'))
  speeds.learn({ classes: {}, bytes: 0 }, new Map([['Slow', [100]]]))
  const progress = new Progress(GRAPH, shapeOf(GRAPH, ['d'], 0), speeds)
  progress.add(event(0, { type: 'node_finished', node: 'b', ui: null, cached: false }))
  expect(progress.left(0)).toBe(100)
  progress.add(event(5, { type: 'started' }))
  expect(progress.left(5)).toBe(200)
})

test('runs say when they will start and end, and how long they and their nodes took', async () => {
  const host = await startFakeHost()
  const slow = { prompt: fakeGraph('steps 10') }
  const { body: first } = await post(host, '/api/runs?wait=30', slow)
  expect(first.eta).toBeUndefined()
  const took = (first.times as { nodes: Record<string, number> }).nodes['1']!
  expect(took).toBeGreaterThan(100)

  const ids: unknown[] = []
  for (let i = 0; i < 3; i++) ids.push((await post(host, '/prompt', slow)).body.prompt_id)
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  const etas = await Promise.all(
    ids.map(async (id) => (await get(host, `/api/jobs/${id}`)).body.eta as { start: number; end: number }),
  )
  expect(etas[0]!.start).toBe(0)
  for (const [i, { start, end }] of etas.entries()) {
    expect(end - start).toBeGreaterThan(0)
    expect(end).toBeLessThan((i + 1.5) * took)
    if (i > 0) expect(start).toBeGreaterThan((i - 0.9) * took)
  }
  await until(async () => Object.keys((await get(host, `/history/${ids[2]}`)).body)[0])
  const { body: last } = await get(host, `/api/jobs/${ids[2]}`)
  const times = last.times as { queued: number; run: number; nodes: Record<string, number> }
  expect(times.queued).toBeGreaterThan(took)
  expect(times.run).toBeGreaterThanOrEqual(times.nodes['1']! - 5)
  expect((await get(host, `/history/${ids[2]}`)).body).toMatchObject({ [String(ids[2])]: { node_times: times.nodes } })
  await host.stop()
})

test('where two may be under way, two that wait are expected to begin together, but not two of one client', async () => {
  const host = await startFakeHost({ flags: { 'runs-at-once': '2' } })
  const { body } = await post(host, '/api/runs?wait=30', { prompt: fakeGraph('steps 10') })
  const took = (body.times as { nodes: Record<string, number> }).nodes['1']!
  const startsOf = async (clients: readonly (string | undefined)[]) => {
    const ids: unknown[] = []
    for (const client_id of clients)
      ids.push((await post(host, '/prompt', { prompt: fakeGraph('steps 10'), client_id })).body.prompt_id)
    await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
    const starts = await Promise.all(
      ids.map(async (id) => ((await get(host, `/api/jobs/${id}`)).body.eta as { start: number }).start / took),
    )
    await until(async () =>
      ((await get(host, '/prompt')).body as { exec_info: { queue_remaining: number } }).exec_info.queue_remaining === 0
        ? true
        : undefined,
    )
    return starts
  }
  const free = await startsOf([undefined, undefined, undefined, undefined])
  expect(free.slice(0, 2)).toEqual([0, 0])
  for (const start of free.slice(2)) expect(Math.abs(start - 1)).toBeLessThan(0.9)
  const own = await startsOf(['mine', 'mine', 'mine', undefined, undefined])
  expect(own[2]! - own[1]!).toBeGreaterThan(0.8)
  // Who waits for nobody but a place gets it before them.
  expect(own[4]!).toBeLessThan(1.2)
  await host.stop()
})
