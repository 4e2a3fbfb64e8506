import { afterEach, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

let host: FakeHost
afterEach(() => host.stop())

test('a run that takes too long fails where it was', async () => {
  host = await startFakeHost({ flags: { 'max-seconds': '1' } })
  await post(host, '/prompt', { prompt: fakeGraph('steps 100000'), prompt_id: 'long' })
  const ended = await until(async () => (await get(host, '/history/long')).body.long)
  const told = ['execution_error', expect.objectContaining({ node_id: '1', exception_type: 'run_timed_out' })]
  expect(ended).toMatchObject({ status: { status_str: 'error', messages: expect.arrayContaining([told]) } })
})

test('no more runs wait than may; a client is told when to come again', async () => {
  host = await startFakeHost({ flags: { 'max-queue': '2' } })
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
