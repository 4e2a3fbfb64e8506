import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from './fake-host.ts'

/** What becomes of those who wait and of those who are being answered when a host is stopped. */

let host: FakeHost
let stopped: Promise<void> | undefined
afterEach(() => stopped)

async function startRun(behaviour: string): Promise<void> {
  await post(host, '/prompt', { prompt: fakeGraph(behaviour), prompt_id: 'under way' })
  await until(async () => ((await get(host, '/api/jobs/under way')).body.status === 'in_progress' ? true : undefined))
}

const waitFor = (behaviour: string, id: string) =>
  post(host, '/api/runs?wait=60', { prompt: fakeGraph(behaviour), prompt_id: id })

test('who waits for a run is told that it goes on, and a stream of its events ends', async () => {
  host = await startFakeHost()
  await startRun('steps 100000')
  const answers = [waitFor('steps 100000', 'under way'), waitFor('succeed', 'behind it')]
  await until(async () => ((await get(host, '/api/jobs/behind it')).body.status === 'pending' ? true : undefined))
  const stream = fetch(`${host.url}/api/runs/under way/events`).then((response) => response.text())
  await sleep(100)
  stopped = host.stop()
  expect(await Promise.all(answers)).toMatchObject([
    { status: 202, body: { id: 'under way', status: 'in_progress' } },
    { status: 202, body: { id: 'behind it', status: 'pending' } },
  ])
  expect(await stream).toContain('event: execution_start')
})

test('who reads a file slowly gets all of it', async () => {
  host = await startFakeHost()
  const size = 40 << 20
  await writeFile(join(host.data, 'output/large.bin'), new Uint8Array(size))
  const response = await fetch(`${host.url}/view?filename=large.bin`)
  let received = 0
  for await (const part of response.body!) {
    if (received === 0) {
      stopped = host.stop()
      await sleep(1500)
    }
    received += part.length
  }
  expect(received).toBe(size)
})

test('the run under way gets the time that --drain gives it, and nothing else is taken meanwhile', async () => {
  host = await startFakeHost({ flags: { drain: '30' } })
  await startRun('steps 100')
  const socket = await Listener.open(host, 'sends')
  const answers = [waitFor('steps 100', 'under way'), waitFor('succeed', 'behind it')]
  await until(async () => ((await get(host, '/api/jobs/behind it')).body.status === 'pending' ? true : undefined))
  stopped = host.stop()
  expect(await get(host, '/health')).toEqual({ status: 503, body: { status: 'stopping' } })
  expect((await get(host, '/health/live')).status).toBe(200)
  const refused = await fetch(`${host.url}/prompt`, {
    method: 'POST',
    body: JSON.stringify({ prompt: fakeGraph('succeed') }),
  })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await refused.json()).toMatchObject({ error: { type: 'host_stopping' } })
  socket.send({ type: 'run', data: { workflow: fakeGraph('succeed') } })
  expect((await socket.until('run_rejected')).data).toMatchObject({ error: { type: 'host_stopping' } })
  expect(await Promise.all(answers)).toMatchObject([
    { status: 200, body: { status: 'completed' } },
    { status: 202, body: { status: 'pending' } },
  ])
})

test('the run under way is left for the next start when its time is up', async () => {
  host = await startFakeHost({ flags: { drain: '1' } })
  await startRun('steps 100000')
  const answer = waitFor('steps 100000', 'under way')
  await sleep(100)
  const started = performance.now()
  stopped = host.stop()
  expect(await answer).toMatchObject({ status: 202, body: { status: 'in_progress' } })
  await stopped
  expect(performance.now() - started).toBeGreaterThan(900)
})
