import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { Room } from '../../../server/concurrency/room.ts'
import { openDatabase } from '../../../server/database/database.ts'
import { encodeFrame } from '../../../server/protocol/frames.ts'
import type { Surroundings } from '../../../server/runs/intake.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import type { Supervisor } from '../../../server/runs/supervisor.ts'
import { Inbox } from '../../../server/socket/inbox.ts'
import { fakeGraph, Listener, startFakeHost, until } from '../runs/fake-host.ts'

/** Pictures that clients send ahead of their runs, and the memory that they may take. */

const picture = (name: string, size: number) =>
  encodeFrame({ type: 'attachment', metadata: { name }, bytes: new Uint8Array(size) })

const surroundings = {
  catalogue: async () => new Map([['Fake', { id: 'Fake', inputs: [], parameters: [], outputs: [], outputNode: true }]]),
} as unknown as Surroundings

afterEach(() => vi.useRealTimers())

function open(size: number) {
  const store = new RunStore(openDatabase(':memory:'))
  let end: () => void = () => undefined
  const execute: Supervisor['execute'] = () =>
    new Promise((resolve) => {
      end = resolve
    })
  const runs = new Runs({
    store,
    supervisor: { execute, cancel: () => undefined },
    receipts: { forget: async () => undefined, keepOnly: async () => undefined },
  })
  Object.defineProperty(runs, 'room', { value: new Room(size) })
  const inbox = (sid: string) => new Inbox(sid, { runs, surroundings, log: { add: () => undefined } })
  const run = (of: Inbox, type = 'Fake') =>
    of.run({ type: 'run', data: { workflow: { 1: { class_type: type, inputs: {} } }, set: [] } })
  return { runs, inbox, run, end: () => end() }
}

/** How many bytes there still is room for. */
function free({ room }: Runs): number {
  for (let bytes = room.size; bytes > 0; bytes--) {
    if (!room.take(bytes)) continue
    room.giveBack(bytes)
    return bytes
  }
  return 0
}

test('pictures of all sockets share one room, and who finds none is told so with the run', async () => {
  const { runs, inbox, run } = open(300)
  const [first, second] = [inbox('first'), inbox('second')]
  first.receive(picture('a', 100))()
  first.receive(picture('a', 150))()
  expect(free(runs)).toBe(150)
  second.receive(picture('b', 10))()
  second.receive(picture('c', 200))()
  expect(free(runs)).toBe(150)
  expect(JSON.stringify(await run(second))).toMatch(/run_rejected.*of pictures would be in memory/)
  first.close()
  second.receive(picture('c', 200))()
  expect(await run(second)).toMatchObject({ type: 'run_accepted' })
})

test('what a run came with takes up room until it has ended, was taken out or is refused', async () => {
  const { runs, inbox, run, end } = open(300)
  const mine = inbox('mine')
  for (const name of ['a', 'b']) {
    mine.receive(picture(name, 50))()
    await run(mine)
  }
  await until(() => runs.active[0])
  expect(free(runs)).toBe(200)
  runs.clear()
  expect(free(runs)).toBe(250)
  end()
  await until(() => (runs.active.length === 0 ? true : undefined))
  mine.receive(picture('c', 50))()
  expect(await run(mine, 'Nobodys')).toMatchObject({ type: 'run_rejected' })
  expect(free(runs)).toBe(300)
})

test('room is taken before it is a picture’s turn, and given back by a client that has gone', () => {
  const { runs, inbox } = open(300)
  const mine = inbox('mine')
  const [attach, gone] = [mine.receive(picture('a', 100)), mine.receive(picture('b', 100))]
  expect(free(runs)).toBeLessThan(100)
  attach()
  mine.close()
  gone()
  expect(free(runs)).toBe(300)
})

test('pictures do not wait for ever for their run', async () => {
  vi.useFakeTimers()
  const { runs, inbox, run } = open(300)
  const mine = inbox('mine')
  mine.receive(picture('a', 100))()
  vi.advanceTimersByTime(600_000)
  vi.useRealTimers()
  expect(free(runs)).toBe(300)
  expect(JSON.stringify(await run(mine))).toMatch(/have waited for ten minutes/)
})

test('from a client that sends faster than its runs are accepted nothing more is read', async () => {
  const entry = join(import.meta.dirname, '../runs/never-ready-runner.mjs')
  const host = await startFakeHost({ parts: { runner: { entry, execArgv: [] } } })
  const listener = await Listener.open(host, 'eager')
  listener.send({ type: 'run', data: { workflow: fakeGraph('succeed') } })
  for (let i = 0; i < 64; i++) listener.send(picture(`${i}`, 1 << 20))
  await sleep(500)
  expect(listener.socket.bufferedAmount).toBeGreaterThan(16 << 20)
  listener.socket.terminate()
  await host.stop()
})
