import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Address } from '../../client/host/address.ts'
import { Host } from '../../client/host/host.ts'
import { type FakeHost, fakeGraph, post, startFakeHost, until } from '../server/runs/fake-host.ts'

const storage = { getItem: () => null } as unknown as Storage

let fake: FakeHost
let host: Host
beforeAll(async () => {
  fake = await startFakeHost()
  host = new Host(new Address(new URL(fake.url), storage), 'me')
})
afterAll(() => fake.stop())
afterEach(() => {
  vi.restoreAllMocks()
})

const send = async (behaviour: string) =>
  String((await post(fake, '/prompt', { prompt: fakeGraph(behaviour), client_id: 'me' })).body.prompt_id)
const listed = async (waiting: number) => {
  const now = await host.runs(waiting)
  return { runs: now.runs.map(({ id, stage }) => [id, stage]), waiting: now.waiting }
}

test('of many runs that wait the first are listed, in the order in which they start, and each is asked for once', async () => {
  const done = await send('succeed')
  await until(async () => ((await host.run(done))?.isOver ? true : undefined))
  const running = await send('steps 400')
  const waiting: string[] = []
  for (let i = 0; i < 40; i++) waiting.push(await send('succeed'))
  await host.moveToFront(waiting[39]!)
  await until(async () => ((await listed(1)).runs.some(([, stage]) => stage === 'running') ? true : undefined))

  const first = [waiting[39], waiting[0]].map((id) => [id, 'waiting'])
  expect(await listed(2)).toEqual({ runs: [[running, 'running'], ...first, [done, 'done']], waiting: 40 })
  expect((await host.runs(2)).runs.at(-1)).toMatchObject({
    prompt: fakeGraph('succeed'),
    times: new Map([['1', expect.any(Number)]]),
  })

  const own = { isOver: false, isOwn: true }
  expect(await host.runsUnderWay()).toMatchObject([{ id: running, prompt: fakeGraph('steps 400'), ...own }])
  expect(await host.run(waiting[3]!)).toMatchObject({ id: waiting[3], prompt: fakeGraph('succeed'), ...own })
  expect(await host.run(done)).toMatchObject({ isOver: true, succeeded: true })
  expect(await host.run('never')).toBeUndefined()

  const asked = vi.spyOn(globalThis, 'fetch')
  const paths = () => asked.mock.calls.splice(0).map(([address]) => new URL(String(address)).pathname)
  await listed(2)
  expect(paths()).toEqual(['/api/jobs', '/api/jobs', '/api/jobs'])
  // The next one comes into the page, and the one that ran is over.
  await host.cancel(running)
  await until(async () =>
    (await listed(2)).runs.some(([id, stage]) => id === running && stage === 'cancelled') ? true : undefined,
  )
  expect(new Set(paths())).toContain(`/api/jobs/${running}`)
}, 30_000)
