import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../server/database/database.ts'
import type { JobQuery } from '../../../server/runs/job.ts'
import { RunRecorder } from '../../../server/runs/record.ts'
import { RunStore } from '../../../server/runs/store.ts'

/** What 100,000 records cost, measured against 1,000: ratios, since machines differ. */

const FEW = 1000
const MANY = 100_000
const WORKFLOW = { nodes: Array.from({ length: 20 }, (_, id) => ({ id, type: 'SaveImage', pos: [id, id] })) }

const folder = mkdtempSync(join(tmpdir(), 'gendr-many-'))
const databases = { few: fill('few', FEW), many: fill('many', MANY) }
const stores = { few: new RunStore(databases.few), many: new RunStore(databases.many) }
beforeAll(() => expect(stores.many.jobs({ ...PAGE, status: [] }).total).toBe(MANY))
afterAll(() => {
  for (const database of Object.values(databases)) database.close()
  rmSync(folder, { recursive: true })
})

const PAGE: JobQuery = { status: [], sort_by: 'created_at', sort_order: 'desc', limit: 100, offset: 0 }

function fill(name: string, count: number): Database {
  const file = join(folder, `${name}.db`)
  const database = openDatabase(file)
  const record = JSON.stringify(new RunRecorder({}).record())
  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)'
  database.exec('BEGIN')
  database
    .prepare(
      `${numbers} INSERT INTO runs (id, sequence, number, delivery, status, job, finish, created_at, started_at,
         finished_at, summary, shape, workflow)
       SELECT 'run ' || i, i, i, 'files', 'ended', CASE i % 10 WHEN 0 THEN 'failed' ELSE 'completed' END, i, i, i,
         i + i % 997, '{"pictures":1}', '{"classes":{},"bytes":0}', 'flow ' || (i % 50) FROM n`,
    )
    .run(count)
  database
    .prepare(
      `${numbers} INSERT INTO graphs (id, prompt, extra, outputs, record)
       SELECT 'run ' || i, '{"1":{"class_type":"Fake","inputs":{}}}', ?, '["1"]', ? FROM n`,
    )
    .run(count, JSON.stringify({ extra_pnginfo: { workflow: WORKFLOW } }), record)
  database.exec('COMMIT')
  return database
}

/** Milliseconds of the fastest of several rounds: what else the machine does only adds to it. */
function time(work: (round: number) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 12; round++) {
    const start = performance.now()
    work(round)
    best = Math.min(best, performance.now() - start)
  }
  return best
}

let added = 0
function runThrough(store: RunStore): void {
  const id = `new ${added++}`
  const run = { number: 1, sequence: store.nextSequence(), delivery: 'files' as const, clientId: undefined }
  store.add(
    { ...run, id, shape: { classes: {}, bytes: 0 }, prompt: {}, outputs: [], extraData: {}, webhook: undefined },
    Date.now(),
  )
  store.start(id, Date.now())
  store.finish(id, { record: new RunRecorder({}).record() }, Date.now())
}

describe('with 100,000 records', () => {
  test.each<[string, (store: RunStore, round: number) => void]>([
    ['to take, start and end a run', (store) => runThrough(store)],
    ['to show the newest twenty', (store) => [...store.history({ limit: 20 })]],
    ['to show one record', (store, round) => store.recordText(`run ${round + 500}`)],
    ['to show one job', (store, round) => store.job(`run ${round + 500}`)],
    ['to show a queue item', (store, round) => store.itemText(`run ${round + 500}`)],
    ['to forget a record', (store, round) => store.removeEnded([`run ${round + 700}`])],
  ])('it takes no longer %s', (_name, work) => {
    for (const store of Object.values(stores)) work(store, 20)
    const few = time((round) => work(stores.few, round))
    const many = time((round) => work(stores.many, round))
    expect(many).toBeLessThan(4 * few + 0.3)
  })

  /** A page also says how many there are in all, which is counted in an index. */
  test.each<[string, Partial<JobQuery>]>([
    ['the newest', {}],
    ['the oldest', { sort_order: 'asc' }],
    ['those that failed', { status: ['failed'] }],
    ['those that failed or were cancelled', { status: ['failed', 'cancelled'] }],
    ['what waits, of which there is none', { status: ['pending', 'in_progress'] }],
    ['the slowest', { sort_by: 'execution_duration' }],
    ['the slowest that failed', { sort_by: 'execution_duration', status: ['failed'] }],
    ['those of one workflow', { workflow_id: 'flow 7' }],
  ])('a page of jobs is there before anybody notices: %s', (_name, query) => {
    const all = time(() => [...stores.many.history({ limit: 6000 })])
    expect(time(() => stores.many.jobs({ ...PAGE, ...query }))).toBeLessThan(all)
    const last = { ...PAGE, ...query, offset: Math.max(0, stores.many.jobs({ ...PAGE, ...query }).total - 100) }
    expect(time(() => stores.many.jobs(last))).toBeLessThan(all)
  })

  test('pages hold what they should', () => {
    const { jobs, total } = stores.many.jobs({ ...PAGE, status: ['failed'], limit: 3, offset: 1, sort_order: 'asc' })
    // The oldest were given up for new ones.
    const [first = 0] = jobs.map(({ id }) => Number(id.split(' ')[1]))
    expect(jobs.map(({ id }) => id)).toEqual([0, 10, 20].map((more) => `run ${first + more}`))
    expect(total).toBeGreaterThanOrEqual(MANY / 10 - 12)
    const slow = stores.many.jobs({ ...PAGE, sort_by: 'execution_duration', limit: 2 }).jobs
    expect(slow.map(({ startedAt = 0, endedAt = 0 }) => endedAt - startedAt)).toEqual([996, 996])
    expect(Object.keys(JSON.parse(`{${[...stores.many.history({ limit: 3, offset: 50_000 })].flat()}}`))[0]).toMatch(
      /^run 50/,
    )
  })
})
