import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from './fake-host.ts'

/** A run that is cancelled while it waits has ended, for whoever hears of it or asks. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await post(host, '/prompt', { prompt: fakeGraph('steps 100000'), prompt_id: 'long' })
  await until(async () => ((await get(host, '/api/jobs/long')).body.status === 'in_progress' ? true : undefined))
})
afterAll(() => host.stop())

const ways = {
  'POST /api/jobs/{id}/cancel': (id: string) => post(host, `/api/jobs/${id}/cancel`, {}),
  'POST /queue with its id': (id: string) => post(host, '/queue', { delete: [id] }),
  'POST /queue of somebody who empties it': () => post(host, '/queue', { clear: true }),
}

test.each(Object.entries(ways))('by %s', async (_name, cancel) => {
  const id = `of ${Math.random()}`
  const socket = await Listener.open(host, id)
  const answered = post(host, '/api/runs?wait=30', { prompt: fakeGraph('succeed'), prompt_id: id, client_id: id })
  await until(async () => ((await get(host, `/api/jobs/${id}`)).body.status === 'pending' ? true : undefined))
  const stream = fetch(`${host.url}/api/runs/${id}/events`).then((response) => response.text())
  await new Promise((resolve) => setTimeout(resolve, 100))
  await cancel(id)

  expect(await answered).toMatchObject({
    status: 409,
    body: { id, status: 'cancelled', outputs: [], times: { run: null } },
  })
  await socket.end(id)
  const own = socket.messages.filter(({ data }) => data.prompt_id === id)
  expect(own.map(({ type }) => type)).toEqual(['execution_interrupted', 'executing'])
  expect(own[0]?.data).toMatchObject({ node_id: null, executed: [] })
  expect((await stream).match(/^event: .*/gm)).toEqual(['event: execution_interrupted', 'event: executing'])
  expect(await get(host, `/api/jobs/${id}`)).toMatchObject({
    status: 200,
    body: { status: 'cancelled', outputs: {}, workflow: { prompt: fakeGraph('succeed') }, times: { run: null } },
  })
  const { body } = await get(host, `/history/${id}`)
  expect(body[id]).toMatchObject({ status: { completed: false, messages: [['execution_interrupted', {}]] } })
  await socket.close()
})

test('and what runs meanwhile goes on, and is told of as before', async () => {
  const socket = await Listener.open(host, 'other')
  await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'next', client_id: 'other' })
  await post(host, '/api/jobs/next/cancel', {})
  await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'after', client_id: 'other' })
  expect((await get(host, '/api/jobs/long')).body.status).toBe('in_progress')
  await post(host, '/interrupt', {})
  await socket.end('after')
  const own = socket.messages.filter(({ data }) => data.prompt_id === 'after')
  expect([own[0]?.type, own.at(-1)?.type]).toEqual(['execution_start', 'executing'])
  const metrics = await (await fetch(`${host.url}/metrics`)).text()
  // Three ways, the one of this test, and the one that was under way.
  expect(metrics).toMatch(/^gendr_runs_total\{status="cancelled"\} 5$/m)
  await socket.close()
})
