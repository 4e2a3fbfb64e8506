import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fakeGraph, get, Listener, post, startFakeHost, until } from './fake-host.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'gendr-durable-'))
})
afterEach(() => rm(data, { recursive: true, force: true }))

test('runs that wait or were under way are run after a restart, in their order', async () => {
  const first = await startFakeHost({ data })
  const running = await post(first, '/prompt', { prompt: fakeGraph('steps 1000'), prompt_id: 'running' })
  for (const id of ['second', 'third']) await post(first, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: id })
  await until(async () => ((await get(first, '/queue')).body.queue_running as unknown[])[0])
  expect(running.status).toBe(200)
  await first.close()

  const second = await startFakeHost({ data })
  const queue = await until(async () => {
    const { body } = await get(second, '/queue')
    return (body.queue_running as unknown[]).length === 1 ? body : undefined
  })
  expect(heads(queue.queue_running)).toEqual([[0, 'running']])
  expect(heads(queue.queue_pending)).toEqual([
    [1, 'second'],
    [2, 'third'],
  ])
  await post(second, '/interrupt', '')
  const history = await until(async () => {
    const { body } = await get(second, '/history')
    return 'third' in body ? body : undefined
  })
  expect(Object.keys(history)).toEqual(['running', 'second', 'third'])
  expect(await post(second, '/prompt', { prompt: fakeGraph('succeed') })).toMatchObject({ body: { number: 3 } })
  await second.close()
})

test('a run whose pictures were in memory is marked as failed', async () => {
  const first = await startFakeHost({ data })
  const listener = await Listener.open(first, 'memory')
  listener.send({ type: 'run', data: { workflow: fakeGraph('hang') } })
  const { data: accepted } = await listener.until('run_accepted')
  await listener.until('executing')
  await first.close()

  const second = await startFakeHost({ data })
  const { body } = await get(second, `/history/${accepted.prompt_id}`)
  expect(body[String(accepted.prompt_id)]).toMatchObject({
    status: { status_str: 'error', messages: [['execution_error', { code: 'runner_lost' }]] },
  })
  await second.close()
})

test('a run that was under way at three ends of the host is not tried again', async () => {
  for (let i = 0; i < 3; i++) {
    const host = await startFakeHost({ data })
    if (i === 0) await post(host, '/prompt', { prompt: fakeGraph('hang'), prompt_id: 'deadly' })
    await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
    await host.close()
  }
  const host = await startFakeHost({ data })
  expect((await get(host, '/history/deadly')).body).toMatchObject({ deadly: { status: { status_str: 'error' } } })
  await host.close()
})

test('two hosts do not share a data folder', async () => {
  const first = await startFakeHost({ data })
  await expect(startFakeHost({ data })).rejects.toThrow(/gendr.db cannot be opened/)
  await first.close()
})

/** Number and id of each queue item. */
function heads(items: unknown): unknown[] {
  return (items as unknown[][]).map((item) => item.slice(0, 2))
}
