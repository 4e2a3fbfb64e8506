import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
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

test('of temporary files only those stay that a run which waits was sent with', async () => {
  const first = await startFakeHost({ data })
  await mkdir(join(data, 'temp/deep'), { recursive: true })
  for (const name of ['shown.png', 'of ended.png', 'deep/ä.png', 'deep/b.png']) {
    await writeFile(join(data, 'temp', name), name)
  }
  const loading = (image: string, behaviour: string) => ({
    1: { class_type: 'Fake', inputs: { behaviour, image: ['2', 0] } },
    2: { class_type: 'LoadImage', inputs: { image } },
  })
  await post(first, '/api/runs?wait=10', { prompt: loading('of ended.png [temp]', 'succeed') })
  await post(first, '/prompt', { prompt: fakeGraph('hang') })
  for (const image of ['shown.png [temp]', 'deep\\ä.png [temp]']) {
    expect(await post(first, '/prompt', { prompt: loading(image, 'succeed') })).toMatchObject({ status: 200 })
  }
  await first.close()
  await (await startFakeHost({ data })).close()
  const left = await readdir(join(data, 'temp'), { recursive: true })
  expect(left.sort()).toEqual(['deep', 'deep/ä.png', 'shown.png'])
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

test('a run that was under way at many ends of the host is still run', async () => {
  for (let i = 0; i < 6; i++) {
    const host = await startFakeHost({ data })
    if (i === 0) await post(host, '/prompt', { prompt: fakeGraph('steps 20'), prompt_id: 'patient' })
    await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
    await host.close()
  }
  const host = await startFakeHost({ data })
  const record = await until(async () => (await get(host, '/history/patient')).body.patient)
  expect(record).toMatchObject({ status: { status_str: 'success' } })
  await host.close()
})

test('a run is run again when the runner dies under it, and its record is that of the last attempt', async () => {
  const host = await startFakeHost({ data })
  const listener = await Listener.open(host, 'again')
  const { body } = await post(host, '/prompt', { prompt: fakeGraph('crash 1'), client_id: 'again' })
  await listener.end(body.prompt_id)
  const { [String(body.prompt_id)]: record } = (await get(host, `/history/${body.prompt_id}`)).body
  expect(record).toMatchObject({ status: { status_str: 'success' } })
  const { messages } = (record as { status: { messages: [string][] } }).status
  expect(messages.map(([type]) => type)).toEqual(['execution_start', 'execution_cached', 'execution_success'])
  expect(listener.types.filter((type) => type === 'execution_start')).toHaveLength(2)
  await listener.close()
  await host.close()
})

test('a run under which the runner dies each time fails at last, and the next one is run', async () => {
  const host = await startFakeHost({ data })
  await post(host, '/prompt', { prompt: fakeGraph('crash'), prompt_id: 'deadly' })
  await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'next' })
  const next = await until(async () => (await get(host, '/history/next')).body.next)
  expect(next).toMatchObject({ status: { status_str: 'success' } })
  expect((await get(host, '/history/deadly')).body).toMatchObject({
    deadly: {
      status: { status_str: 'error', messages: expect.arrayContaining([['execution_error', expect.anything()]]) },
    },
  })
  expect(host.log.filter((line) => line.includes('ended'))).toHaveLength(3)
  await host.close()
})

test('a run that waits for the next runner can be interrupted', async () => {
  const host = await startFakeHost({ data })
  await post(host, '/prompt', { prompt: fakeGraph('crash'), prompt_id: 'deadly' })
  await until(() => host.log.find((line) => line.includes('ended')))
  await post(host, '/interrupt', { prompt_id: 'deadly' })
  const record = await until(async () => (await get(host, '/history/deadly')).body.deadly)
  expect(JSON.stringify(record)).toContain('"execution_interrupted"')
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

test('a run that ends while somebody else holds the database ends later', async () => {
  const host = await startFakeHost({ data })
  await post(host, '/prompt', { prompt: fakeGraph('steps 20'), prompt_id: 'patient' })
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  const other = new Database(join(data, 'gendr.db'))
  other.exec('BEGIN IMMEDIATE')
  await until(() => host.log.find((line) => /cannot be written, and is tried again/.test(line)), 20_000)
  other.exec('ROLLBACK')
  other.close()
  const { patient } = await until(async () => {
    const { body } = await get(host, '/history')
    return 'patient' in body ? body : undefined
  })
  expect(patient).toMatchObject({ status: { completed: true } })
  await host.stop()
}, 40_000)

test('a second host leaves the folder of the first alone', async () => {
  const host = await startFakeHost({ data })
  await writeFile(join(data, 'temp/preview.png'), 'seen')
  await expect(startFakeHost({ data })).rejects.toMatchObject({ code: 'configuration_invalid' })
  expect(await readFile(join(data, 'temp/preview.png'), 'utf8')).toBe('seen')
  await host.stop()
})

test('a host that cannot start gives its port and its folder back', async () => {
  const host = await startFakeHost({ data })
  const { port } = new URL(host.url)
  await post(host, '/prompt', { prompt: fakeGraph('steps 1000'), prompt_id: 'left' })
  await host.close()
  const database = new Database(join(data, 'gendr.db'))
  database.exec("UPDATE runs SET shape = '{'")
  await expect(startFakeHost({ data, flags: { port } })).rejects.toThrow(/JSON/)
  database.exec('UPDATE runs SET shape = NULL')
  database.close()
  const again = await startFakeHost({ data, flags: { port } })
  expect(again.url).toBe(host.url)
  await again.stop()
})
