import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { Gendr, type RunEvent, type WholeJob } from '../../../client/sdk/index.ts'
import { blocksOf } from '../../../client/sdk/server-sent.ts'
import { Watch } from '../../../client/sdk/watch.ts'

/** What becomes of those who wait when the way to the host is bad; the host is scripted. */

const RETRY = 'retry: 300\n\n'
const HEARTBEAT = ':\n\n'
const FIRST = 'id: 1\nevent: execution_start\ndata: {}\n\n'
const END = 'id: 2\nevent: executing\ndata: {"node":null}\n\n'

afterEach(() => {
  vi.useRealTimers()
})

test('a run that waits is waited for however often the connection breaks', async () => {
  let opened = 0
  const fetched = async () => {
    opened += 1
    return opened < 6 ? broken([RETRY, HEARTBEAT], 150) : new Response(END)
  }
  const heard = await all(new Gendr('http://host', { fetch: fetched }).attach('a').events({ patience: 500 }))
  expect([opened, heard.length]).toEqual([6, 1])
})

test('a host that answers and hangs up is asked more and more rarely', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  let opened = 0
  const fetched = async () => {
    opened += 1
    return broken([RETRY])
  }
  const stop = new AbortController()
  const waiting = all(new Gendr('http://host', { fetch: fetched }).attach('a').events({ signal: stop.signal }))
  const given = expect(waiting).rejects.toThrow('enough')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(opened).toBeLessThan(20)
  stop.abort(new Error('enough'))
  await given
})

test('a run whose end was heard is asked for until the host answers', async () => {
  let refusals = 2
  const fetched: typeof fetch = async (input) => {
    if (String(input).endsWith('/events')) return new Response(FIRST + END)
    if (refusals-- > 0) throw new TypeError('ECONNREFUSED')
    return Response.json(job({}))
  }
  expect((await new Gendr('http://host', { fetch: fetched }).attach('a').result()).status).toBe('completed')
})

test('where nothing is left to hear of a run its state is asked for', async () => {
  const fetched: typeof fetch = async (input) =>
    String(input).endsWith('/events') ? new Response(null, { status: 204 }) : Response.json(job({}))
  const run = new Gendr('http://host', { fetch: fetched }).attach('a')
  expect((await run.result({ after: 2 })).status).toBe('completed')
})

test.each([
  ['before it answers', ''],
  ['after a message', FIRST],
])('a host that falls silent %s is connected to once more', async (_when, said) => {
  const asked: (string | undefined)[] = []
  const [address, close] = await serve((request, response) => {
    asked.push(request.headers['last-event-id'] as string | undefined)
    if (asked.length > 1) response.end(FIRST.slice(said.length) + END)
    else if (said !== '') response.write(said)
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const heard: RunEvent[] = []
  const listening = (async () => {
    for await (const event of new Gendr(address).attach('a').events()) heard.push(event)
  })()
  await vi.waitFor(() => expect([asked.length, heard.length]).toEqual([1, said === '' ? 0 : 1]))
  await vi.advanceTimersByTimeAsync(14_000)
  expect(asked).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(2_000)
  await listening
  expect(heard.map(({ sequence }) => sequence)).toEqual([1, 2])
  expect(asked).toEqual([undefined, said === '' ? undefined : '1'])
  await close()
})

test('who reads slowly takes no silence for the end of the connection', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let opened = 0
  const [address, close] = await serve((_request, response) => {
    opened += 1
    response.end(FIRST + END)
  })
  for await (const _event of new Gendr(address).attach('a').events()) await vi.advanceTimersByTimeAsync(60_000)
  expect(opened).toBe(1)
  await close()
})

test('a picture of 48 MiB among the messages keeps nobody waiting', async () => {
  const piece = new TextEncoder().encode('A'.repeat(64 << 10))
  const pieces = Array.from({ length: (48 << 20) / piece.length }, () => piece)
  const frame = ['id: 1\nevent: frame\ndata: "', ...pieces, '"\n\n', END]
  const start = performance.now()
  const [picture] = await all(new Gendr('http://host', { fetch: async () => stream(frame) }).attach('a').events())
  expect(String(picture!.data.frame)).toHaveLength(48 << 20)
  expect(performance.now() - start).toBeLessThan(10_000)
})

test('messages are the same wherever the network cuts them', async () => {
  const blocks = [...[FIRST, HEARTBEAT, RETRY].map((block) => block.slice(0, -2)), 'data: "für"']
  const bytes = new TextEncoder().encode(blocks.map((block) => `${block}\n\n`).join(''))
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 })), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), bytes.length]
      const pieces = ends.map((end, i) => bytes.slice(ends[i - 1] ?? 0, end))
      expect(await all(blocksOf(stream(pieces).body!, new Watch(undefined)))).toEqual(blocks)
    }),
  )
})

test('a message is heard before anything comes after it', async () => {
  const open = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(FIRST)) })
  const fetched = async () => new Response(open)
  const { value } = await new Gendr('http://host', { fetch: fetched }).attach('a').events().next()
  expect(value).toMatchObject({ sequence: 1 })
})

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

function stream(pieces: readonly (string | Uint8Array)[]): Response {
  const encoder = new TextEncoder()
  const rest = pieces.values()
  return new Response(
    new ReadableStream({
      pull(controller) {
        const { done, value } = rest.next()
        if (done) controller.close()
        else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
      },
    }),
  )
}

/** A connection that breaks after what it brings, some milliseconds after each piece. */
function broken(pieces: readonly string[], pause = 0): Response {
  const rest = pieces.values()
  return new Response(
    new ReadableStream({
      async pull(controller) {
        const { done, value } = rest.next()
        if (pause > 0) await new Promise((wake) => setTimeout(wake, pause))
        if (done) controller.error(new TypeError('ECONNRESET'))
        else controller.enqueue(new TextEncoder().encode(value))
      },
    }),
  )
}

function job(outputs: WholeJob['outputs']): WholeJob {
  const times = { queued: 0, run: 1, nodes: {} }
  return { id: 'a', status: 'completed', priority: 0, create_time: 0, outputs_count: 0, outputs, times }
}

async function serve(listener: RequestListener): Promise<[address: string, close: () => Promise<unknown>]> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    return once(server.close(), 'close')
  }
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}`, close]
}
