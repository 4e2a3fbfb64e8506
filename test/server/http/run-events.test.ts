import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runEventRoutes } from '../../../server/http/run-events.ts'
import type { Narration, Told } from '../../../server/narration/narration.ts'
import { encodeFrame } from '../../../server/protocol/frames.ts'
import type { ActiveRun } from '../../../server/runs/run.ts'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

/** What a client that was away missed, as server-sent events and over the socket. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

interface Sent {
  readonly id: number
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Reads a stream to its end, or until there are so many events. */
async function listen(of: FakeHost, run: unknown, after?: number, most = Number.POSITIVE_INFINITY): Promise<Sent[]> {
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': String(after) }
  const response = await fetch(`${of.url}/api/runs/${run}/events`, { headers })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const sent: Sent[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop()!
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
      if (fields.data !== undefined) {
        sent.push({ id: Number(fields.id), event: fields.event!, data: JSON.parse(fields.data) })
      }
    }
    if (sent.length >= most) break
  }
  return sent
}

const submit = async (behaviour: string, more = {}) =>
  (await post(host, '/prompt', { prompt: fakeGraph(behaviour), ...more })).body.prompt_id

const ORDER = [
  'execution_start',
  'execution_cached',
  'progress_state',
  'executing',
  'executed',
  'progress_state',
  'execution_success',
  'executing',
]

test('the messages of a run come in their order, whenever one begins to listen, and the stream ends with it', async () => {
  const run = await submit('succeed')
  const live = await listen(host, run)
  expect(live.map(({ event }) => event)).toEqual(ORDER)
  const ids = live.map(({ id }) => id)
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  expect(await listen(host, run)).toEqual(live)
})

test('who comes back gets what it missed, and nothing twice', async () => {
  const run = await submit('steps 30')
  const first = await listen(host, run, undefined, 5)
  const rest = await listen(host, run, first.at(-1)!.id)
  const all = await listen(host, run)
  expect([...first, ...rest]).toEqual(all)
  expect(rest.length).toBeGreaterThan(5)
})

/** The status that a reader of the standard gets who comes back after the last message that it heard. */
async function statusAfter(of: FakeHost, run: unknown, last: Sent | undefined): Promise<number> {
  const response = await fetch(`${of.url}/api/runs/${run}/events`, { headers: { 'last-event-id': String(last!.id) } })
  await response.body?.cancel()
  return response.status
}

test('who has heard all is told not to come back, also when the messages are no longer kept', async () => {
  const run = await submit('succeed')
  const live = await listen(host, run)
  expect(await statusAfter(host, run, live.at(-1))).toBe(204)
  for (let i = 0; i < 64; i++) await post(host, '/api/runs?wait=10', { prompt: fakeGraph('succeed') })
  const [resumed, ...told] = await listen(host, run, live.at(-1)!.id)
  expect(resumed).toMatchObject({ event: 'resumed', data: { state: 'ended', gap: true } })
  expect(told[0]!.id).toBeGreaterThan(live.at(-1)!.id)
  expect(await statusAfter(host, run, told.at(-1))).toBe(204)
})

test('a run that waits is heard when it runs', async () => {
  const busy = await submit('steps 1000')
  const run = await submit('succeed')
  const heard = listen(host, run)
  await new Promise((wake) => setTimeout(wake, 50))
  await post(host, '/interrupt', { prompt_id: busy })
  expect((await heard).map(({ event }) => event)).toEqual(ORDER)
})

test('results that belong to no file come along', async () => {
  const socket = await Listener.open(host, 'sends')
  socket.send(encodeFrame({ type: 'attachment', metadata: { name: 'a.jpg' }, bytes: Uint8Array.of(1, 2, 3) }))
  socket.send({ type: 'run', data: { workflow: fakeGraph('result') } })
  const { data } = await socket.until('run_accepted')
  await socket.close()
  const frames = (await listen(host, data.prompt_id)).filter(({ event }) => event === 'frame')
  const frame = Buffer.from(String(frames[0]!.data), 'base64')
  expect([frame.readUInt32BE(0), [...frame.subarray(-3)]]).toEqual([17, [1, 2, 3]])
})

test('an unknown run is not there', async () => {
  expect(await get(host, '/api/runs/unknown/events')).toMatchObject({
    status: 404,
    body: { error: { type: 'file_not_found', message: "There is no run 'unknown'." } },
  })
})

test('of a run of an earlier host its record is told, after whatever was heard', async () => {
  const data = await mkdtemp(join(tmpdir(), 'gendr-events-'))
  const first = await startFakeHost({ data })
  const { body } = await post(first, '/api/runs?wait=30', { prompt: fakeGraph('succeed') })
  const before = await listen(first, body.id)
  await first.close()
  const second = await startFakeHost({ data })
  const after = await listen(second, body.id, before[3]!.id)
  expect(after[0]).toMatchObject({ event: 'resumed', data: { prompt_id: body.id, state: 'ended', gap: true } })
  const told = after.slice(1)
  expect(told.map(({ event }) => event)).toEqual([
    'execution_start',
    'execution_cached',
    'executed',
    'execution_success',
    'executing',
  ])
  expect(told[0]!.id).toBeGreaterThan(before.at(-1)!.id)
  expect(await listen(second, body.id)).toEqual(after)
  expect((await listen(second, body.id, told[1]!.id)).slice(1)).toEqual(told.slice(2))
  expect(await statusAfter(second, body.id, told.at(-1))).toBe(204)
  await second.close()
  await rm(data, { recursive: true })
})

describe('a client that does not read', () => {
  const message = (size: number): Told => ({
    sequence: 1,
    telling: { kind: 'message', message: { type: 'execution_start', data: { prompt_id: 'x'.repeat(size) } } as never },
  })
  const last: Told = {
    sequence: 2,
    telling: { kind: 'message', message: { type: 'executing', data: { node: null, prompt_id: 'run' } } },
  }

  /** A stream that nobody reads, and how to tell it something. */
  async function unread() {
    const listeners = new Set<Parameters<Narration['subscribe']>[0]>()
    const narration = {
      since: () => ({ told: [], hasEnded: false, hasGap: false }),
      subscribe(listen: Parameters<Narration['subscribe']>[0]) {
        listeners.add(listen)
        return () => listeners.delete(listen)
      },
    }
    const app = express().use(runEventRoutes(narration as unknown as Narration, { subscribe: () => () => false }))
    const server = createServer(app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.write('GET /runs/run/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await until(() => (listeners.size > 0 ? true : undefined))
    client.pause()
    const tell = (told: Told) => {
      for (const listen of listeners) listen(told, { id: 'run' } as ActiveRun)
    }
    const close = async () => {
      client.destroy()
      server.close()
      await once(server, 'close')
    }
    return { tell, listeners, client, close }
  }

  test('is sent nothing after the end of the run', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { tell, listeners, close } = await unread()
    for (let i = 0; i < 16; i++) tell(message(1 << 20))
    tell(last)
    expect(listeners.size).toBe(0)
    vi.advanceTimersByTime(20_000)
    vi.useRealTimers()
    await close()
  })

  test('gets a result that is larger than all that may wait', async () => {
    const { tell, client, close } = await unread()
    let received = 0
    client.on('data', (bytes) => {
      received += bytes.length
    })
    const bytes = new Uint8Array(110 << 20)
    const metadata = { node: '1', index: 0, filename: 'a.png', format: 'image/png', prompt_id: 'run' } as const
    const of = { node: '1' }
    tell({ sequence: 1, telling: { kind: 'frame', frame: { type: 'result', metadata, bytes } as never, of } })
    tell(message(10))
    tell(last)
    client.resume()
    await until(() => (received > (bytes.length * 4) / 3 ? true : undefined))
    await close()
  })

  const result = (size: number): Told => ({
    sequence: 1,
    telling: {
      kind: 'frame',
      frame: { type: 'result', metadata: { node: '1' } as never, bytes: new Uint8Array(size) },
    } as never,
  })

  test('is given up when too many results wait for it', async () => {
    const { tell, listeners, close } = await unread()
    for (let i = 0; i < 22; i++) tell(result(10 << 20))
    await until(() => (listeners.size === 0 ? true : undefined))
    await close()
  })

  test('is given up when it takes nothing for a while', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => AbortSignal.abort())
    const { tell, listeners, close } = await unread()
    tell(result(10 << 20))
    await until(() => (listeners.size === 0 ? true : undefined))
    timeout.mockRestore()
    await close()
  })

  test('is given up when too much waits for it', async () => {
    const { tell, listeners, close } = await unread()
    for (let i = 0; i < 220; i++) tell(message(1 << 20))
    await until(() => (listeners.size === 0 ? true : undefined))
    await close()
  })
})

describe('over the socket', () => {
  const asking = async (clientId: string) => {
    const listener = await Listener.open(host, clientId)
    listener.send({ type: 'feature_flags', data: { supports_sequence: true } })
    await listener.until('feature_flags')
    return listener
  }
  const numbered = (listener: Listener) =>
    listener.messages.filter((message) => 'sequence' in message) as (Listener['messages'][number] & {
      sequence: number
    })[]

  test('messages are numbered for those that ask, and a client that was away gets what it missed', async () => {
    const first = await asking('away')
    const run = await submit('steps 30', { client_id: 'away' })
    await first.until('progress')
    const last = numbered(first).at(-1)!.sequence
    await first.close()
    await new Promise((wake) => setTimeout(wake, 100))
    const second = await asking('away')
    second.send({ type: 'resume', data: { prompt_id: run, after: last } })
    expect((await second.until('resumed')).data).toEqual({ prompt_id: run, state: 'open' })
    await second.end(run)
    const sequences = [...new Set(numbered(second).map(({ sequence }) => sequence))]
    const all = (await listen(host, run)).map(({ id }) => id)
    expect(sequences.sort((a, b) => a - b)).toEqual(all.filter((id) => id > last))
    await second.close()
  })

  test('others get no numbers', async () => {
    const listener = await Listener.open(host, 'plain')
    await listener.end(await submit('succeed', { client_id: 'plain' }))
    expect(numbered(listener)).toEqual([])
    await listener.close()
  })

  test('a run that has ended is told anew, an unknown one is said to be that', async () => {
    const run = await submit('succeed')
    await until(async () => Object.keys((await get(host, `/history/${run}`)).body)[0])
    const listener = await asking('late')
    listener.send({ type: 'resume', data: { prompt_id: run } })
    await listener.end(run)
    expect(listener.types.slice(2)).toEqual(['resumed', ...ORDER])
    listener.send({ type: 'resume', data: { prompt_id: 'unknown' } })
    expect((await listener.until('resumed', ({ state }) => state === 'unknown')).data.prompt_id).toBe('unknown')
    await listener.close()
  })
})
