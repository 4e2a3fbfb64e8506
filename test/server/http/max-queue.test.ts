import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ flags: { 'max-queue': '2' } })
})
afterAll(() => host.stop())

test('no more runs wait than may; a client is told when to come again', async () => {
  await post(host, '/prompt', { prompt: fakeGraph('steps 100000') })
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  const waiting = { prompt: fakeGraph('succeed'), prompt_id: 'waiting' }
  await post(host, '/prompt', waiting)
  await post(host, '/prompt', { prompt: fakeGraph('succeed') })
  for (const path of ['/prompt', '/api/runs']) {
    const response = await fetch(host.url + path, {
      method: 'POST',
      body: JSON.stringify({ prompt: fakeGraph('fail') }),
    })
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await response.json()).toMatchObject({ error: { type: 'queue_full' } })
  }
  const socket = await Listener.open(host)
  socket.send({ type: 'run', data: { workflow: fakeGraph('succeed') } })
  const { data } = await socket.until('run_rejected')
  expect(data).toMatchObject({ error: { type: 'queue_full' } })
  expect(await post(host, '/prompt', waiting)).toMatchObject({ status: 200, body: { prompt_id: 'waiting' } })
  await post(host, '/interrupt', '')
  await until(async () =>
    (await post(host, '/prompt', { prompt: fakeGraph('succeed') })).status === 200 ? true : undefined,
  )
})
