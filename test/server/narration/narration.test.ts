import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { KEPT_BYTES, Narration, type Told } from '../../../server/narration/narration.ts'
import { HOPELESS } from '../../../server/narration/outbox.ts'
import type { ActiveRun } from '../../../server/runs/run.ts'
import type { RunChange, Runs } from '../../../server/runs/runs.ts'
import { Connection } from '../../../server/socket/connection.ts'

/** How much of a run is kept for clients that are away, and for those that read slowly. */

const MIB = 1 << 20
const run = {
  id: 'run',
  number: 0,
  sequence: 1,
  delivery: 'memory',
  clientId: 'me',
  prompt: {},
} as unknown as ActiveRun
// One array for all: what counts is how long it says that it is.
const bytes = new Uint8Array(10 * MIB)

function open() {
  let change: (change: RunChange) => void = () => undefined
  const runs = {
    subscribe: (listener: typeof change) => {
      change = listener
      return () => undefined
    },
    isKnown: () => true,
    isOpen: () => true,
    job: () => undefined,
  }
  const narration = new Narration(runs as unknown as Runs)
  let sequence = 0
  const tell = (event: object, of = run) =>
    change({ type: 'event', run: of, event: { runId: of.id, sequence: sequence++, time: 0, ...event } as never })
  const settle = (of: ActiveRun) => change({ type: 'settled', run: of })
  const result = (index: number, content: Uint8Array = bytes, of = run) => {
    const picture = { node: '1', index, filename: `${index}.png`, format: 'image/png', bytes: content }
    tell({ type: 'result_image', ...picture }, of)
  }
  const frames = (told: readonly Told[]) =>
    told.flatMap(({ telling }) => (telling.kind === 'frame' && telling.frame.type === 'result' ? [telling.frame] : []))
  return { narration, tell, settle, result, frames }
}

test('of the pictures of a run under way the newest are kept, and who missed others is told', () => {
  const { narration, tell, result, frames } = open()
  tell({ type: 'started' })
  for (let i = 0; i < 40; i++) result(i)
  const past = narration.since('run', -1)!
  const kept = frames(past.told)
  expect(kept.reduce((sum, frame) => sum + frame.bytes.length, 0)).toBeLessThanOrEqual(KEPT_BYTES)
  expect(kept.map(({ metadata }) => metadata.index)).toEqual(Array.from({ length: 12 }, (_, i) => 28 + i))
  expect(past.told[0]!.telling).toMatchObject({ message: { type: 'execution_start' } })
  expect(past.hasGap).toBe(true)
  expect(narration.since('run', past.told[1]!.sequence - 1)!.hasGap).toBe(false)
})

test('pictures of runs that have ended go before those of one that began earlier and goes on', () => {
  const { narration, tell, settle, result, frames } = open()
  const short = { ...run, id: 'short' }
  tell({ type: 'started' })
  for (let i = 0; i < 6; i++) result(i)
  tell({ type: 'started' }, short)
  for (let i = 0; i < 4; i++) result(i, bytes, short)
  settle(short)
  for (let i = 6; i < 9; i++) result(i)
  const past = narration.since('run', -1)!
  expect(frames(past.told).map(({ metadata }) => metadata.index)).toEqual(Array.from({ length: 9 }, (_, i) => i))
  expect(past.hasGap).toBe(false)
})

test('a picture that is larger than all that is kept is kept until the next', () => {
  const { narration, result, frames } = open()
  const size = KEPT_BYTES + 1
  result(0, { length: size } as Uint8Array)
  expect(narration.since('run', -1)).toMatchObject({ hasGap: false })
  result(1)
  const past = narration.since('run', -1)!
  expect([frames(past.told).map(({ metadata }) => metadata.index), past.hasGap]).toEqual([[1], true])
})

test('who remembers numbers of a host whose clock was ahead is told all again', () => {
  const { narration, tell } = open()
  tell({ type: 'started' })
  const told = narration.since('run', -1)!.told
  expect(told).toHaveLength(1)
  expect(narration.since('run', told[0]!.sequence)).toMatchObject({ told: [], hasGap: false })
  expect(narration.since('run', told[0]!.sequence + 2 ** 30)).toMatchObject({ told, hasGap: true })
})

test('a client gets one result whatever waits, and is given up where many wait', async () => {
  let isEnded = false
  let taken: (() => void) | undefined
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 2 * MIB,
    on: () => undefined,
    send: (_part: Uint8Array | string, _options: object, done: () => void) => {
      taken = done
    },
    terminate: () => {
      isEnded = true
    },
  }
  const stream = { cork: () => undefined, uncork: () => undefined }
  const connection = new Connection(socket as unknown as WebSocket, stream as unknown as Socket, 'slow')
  connection.features = { supports_preview_metadata: true }
  const { narration, result } = open()
  narration.subscribe((told) => connection.tell(told))
  const large = new Uint8Array(HOPELESS - MIB)
  connection.send('first')
  result(0, large)
  connection.send('a')
  expect(isEnded).toBe(false)
  // Only now the picture is on its way, and there is room for one more.
  taken?.()
  await setImmediate()
  result(1, large)
  connection.send('b')
  expect(isEnded).toBe(false)
  result(2, bytes)
  connection.send('c')
  expect(isEnded).toBe(true)
})
