import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPngText } from '../../../nodes/pixels/png-text.ts'
import { readPngText } from '../../../server/graph/png-text.ts'
import { type FakeHost, fakeGraph, post, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

const call = async (method: string, path: string, body?: unknown, address = host.url) => {
  const init =
    body === undefined ? { method } : { method, body: typeof body === 'string' ? body : JSON.stringify(body) }
  const response = await fetch(address + path, init)
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : isJson(response) ? JSON.parse(text) : text }
}
const isJson = (response: Response) => response.headers.get('content-type')?.startsWith('application/json') === true
const get = (path: string) => call('GET', path)

describe.each(['', '/api'])('under %j, as ComfyUI names them,', (prefix) => {
  test('settings are kept by name and given back', async () => {
    expect(await call('POST', `${prefix}/settings`, { 'a.b': 1, theme: { dark: true } })).toEqual({
      status: 200,
      body: {},
    })
    expect((await get(`${prefix}/settings`)).body).toMatchObject({ 'a.b': 1, theme: { dark: true } })
    expect((await get(`${prefix}/settings/theme`)).body).toEqual({ dark: true })
    expect((await get(`${prefix}/settings/nothing`)).body).toBeNull()
    await call('POST', `${prefix}/settings/theme`, '"light"')
    expect((await get(`${prefix}/settings/theme`)).body).toBe('light')
    expect((await get(`${prefix}/users`)).body).toEqual({ storage: 'server', migrated: true })
  })

  test('settings that are too many are refused, all of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`many ${i}`, i]))
    expect(await call('POST', `${prefix}/settings`, many)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('There would be 3000 settings') } },
    })
    expect((await get(`${prefix}/settings/many 1`)).body).toBeNull()
  })

  test('files of clients are written, listed, moved and removed', async () => {
    const file = (path: string) => `${prefix}/userdata/${encodeURIComponent(path)}`
    expect(await call('POST', file('workflows/a.json'), '{"a":1}')).toEqual({ status: 200, body: 'workflows/a.json' })
    expect((await call('POST', `${file('workflows/a.json')}?overwrite=false`, '{}')).status).toBe(409)
    const whole = await call('POST', `${file('workflows/deep/b.json')}?full_info=true`, '{}')
    expect(whole.body).toMatchObject({ path: 'workflows/deep/b.json', size: 2, modified: expect.any(Number) })
    expect((await get(file('workflows/a.json'))).body).toEqual({ a: 1 })
    expect((await get(`${prefix}/userdata?dir=workflows`)).body).toEqual(['a.json'])
    expect((await get(`${prefix}/userdata?dir=workflows&recurse=true`)).body).toEqual(['a.json', 'deep/b.json'])
    expect((await get(`${prefix}/userdata?dir=workflows&recurse=true&split=true`)).body[1]).toEqual([
      'deep/b.json',
      'deep',
      'b.json',
    ])
    expect((await get(`${prefix}/v2/userdata?path=workflows`)).body).toMatchObject([
      { name: 'deep', path: 'workflows/deep', type: 'directory' },
      { name: 'a.json', type: 'file', size: 7 },
      { name: 'b.json', path: 'workflows/deep/b.json' },
    ])
    const moved = `${file('workflows/a.json')}/move/${encodeURIComponent('old/a.json')}`
    expect(await call('POST', moved)).toEqual({ status: 200, body: 'old/a.json' })
    expect((await get(file('workflows/a.json'))).status).toBe(404)
    expect((await call('DELETE', file('old/a.json'))).status).toBe(204)
    expect((await get(`${prefix}/userdata?dir=nowhere`)).status).toBe(404)
    expect((await get(`${prefix}/userdata`)).status).toBe(400)
  })

  test.each(['../../gendr.db', '/etc/passwd', '..\\x', 'a/../../../b'])(
    'no file outside is reached: %s',
    async (path) => {
      for (const method of ['GET', 'DELETE', 'POST'])
        expect((await call(method, `${prefix}/userdata/${encodeURIComponent(path)}`)).status).toBeGreaterThanOrEqual(
          400,
        )
    },
  )

  test('the log is told, without paths', async () => {
    expect(typeof (await get(`${prefix}/internal/logs`)).body).toBe('string')
    expect((await get(`${prefix}/internal/logs/raw`)).body).toMatchObject({
      entries: expect.any(Array),
      size: { cols: 120 },
    })
    expect((await call('PATCH', `${prefix}/internal/logs/subscribe`, { clientId: 'a', enabled: true })).status).toBe(
      200,
    )
    expect(Array.isArray((await get(`${prefix}/internal/files/input`)).body)).toBe(true)
  })

  test('a mask puts its alpha on a picture, whose texts stay', async () => {
    const colours = await sharp({ create: { width: 4, height: 2, channels: 3, background: '#204060' } })
      .png()
      .toBuffer()
    await writeFile(join(host.data, 'input', 'under.png'), addPngText(colours, { workflow: '{"a":1}' }))
    const alpha = Buffer.from(Array.from({ length: 8 }, (_, i) => [9, 9, 9, i * 30]).flat())
    const mask = await sharp(alpha, { raw: { width: 4, height: 2, channels: 4 } })
      .png()
      .toBuffer()
    const send = async (bytes: Uint8Array, original: unknown) => {
      const form = new FormData()
      form.append('image', new Blob([new Uint8Array(bytes)]), 'masked.png')
      form.append('overwrite', 'true')
      form.append('original_ref', JSON.stringify(original))
      const response = await fetch(`${host.url}${prefix}/upload/mask`, { method: 'POST', body: form })
      return { status: response.status, body: await response.json() }
    }
    const original = { filename: 'under.png', type: 'input' }
    expect(await send(mask, original)).toEqual({
      status: 200,
      body: { name: 'masked.png', subfolder: '', type: 'input' },
    })
    const saved = await readFile(join(host.data, 'input', 'masked.png'))
    const { data, info } = await sharp(saved).raw().toBuffer({ resolveWithObject: true })
    expect(info.channels).toBe(4)
    expect([...data.subarray(0, 8)]).toEqual([0x20, 0x40, 0x60, 0, 0x20, 0x40, 0x60, 30])
    expect(readPngText(saved).get('workflow')).toBe('{"a":1}')
    expect((await send(mask, { filename: 'absent.png', type: 'input' })).status).toBe(404)
    expect((await send(colours.subarray(0, 40), original)).status).toBe(400)
    expect((await send(mask, 'no reference')).status).toBe(400)
  })
})

test('settings outlive the host', async () => {
  await call('POST', '/settings', { stays: [1, 2] })
  const { data } = host
  await host.close()
  host = await startFakeHost({ data })
  expect((await get('/settings/stays')).body).toEqual([1, 2])
})

describe('POST /api/runs', () => {
  const run = (behaviour: string, query = '') => call('POST', `/api/runs${query}`, { prompt: fakeGraph(behaviour) })

  test('answers when the run has ended', async () => {
    const { status, body } = await run('succeed', '?wait=30')
    expect([status, body.status]).toEqual([200, 'completed'])
    expect(body.times).toEqual({
      queued: expect.any(Number),
      run: expect.any(Number),
      nodes: { 1: expect.any(Number) },
    })
  })

  test('answers with the error, with what is wrong in the graph, or that it goes on', async () => {
    expect(await run('fail', '?wait=30')).toMatchObject({
      status: 422,
      body: { status: 'failed', error: { node_id: '1', code: 'invalid_input' } },
    })
    expect(await run('crash', '?wait=30')).toMatchObject({
      status: 500,
      body: { status: 'failed', error: { node_id: '1', code: 'runner_lost' } },
    })
    expect(
      (await call('POST', '/api/runs?wait=1', { prompt: { '1': { class_type: 'Nope', inputs: {} } } })).status,
    ).toBe(400)
    for (const query of ['?wait=soon', '?inline=yes']) expect((await run('succeed', query)).status).toBe(400)
    const { status, body } = await run('hang', '?wait=0.1')
    expect([status, body.status]).toEqual([202, 'in_progress'])
    await call('POST', `/api/jobs/${body.id}/cancel`)
  })

  test('answers for a run that has completed under its id, and runs again what failed or is another', async () => {
    const send = (behaviour: string, id: string) =>
      call('POST', '/api/runs?wait=30', { prompt: fakeGraph(behaviour), prompt_id: id })
    const started = async (id: string) => (await get(`/api/jobs/${id}`)).body.execution_start_time
    const first = await send('file again', 'sent-again')
    const start = await started('sent-again')
    expect(await send('file again', 'sent-again')).toEqual(first)
    expect(await started('sent-again')).toBe(start)
    await send('text', 'sent-again')
    expect(await started('sent-again')).toBeGreaterThan(Number(start))
    await send('fail', 'fails')
    const failed = await started('fails')
    await send('fail', 'fails')
    expect(await started('fails')).toBeGreaterThan(Number(failed))
  })

  test('tells a waiting client of a cancelled run', async () => {
    const id = 'watched'
    const answer = call('POST', '/api/runs?wait=30', { prompt: fakeGraph('hang'), prompt_id: id })
    while ((await get(`/api/jobs/${id}`)).body.status !== 'in_progress') await new Promise((go) => setTimeout(go, 10))
    await call('POST', `/api/jobs/${id}/cancel`)
    expect(await answer).toMatchObject({ status: 409, body: { id, status: 'cancelled' } })
  })
})

test('POST /api/runs tells a client whose run was taken out of the queue', async () => {
  const busy = await call('POST', '/api/runs', { prompt: fakeGraph('steps 1000') })
  const answer = call('POST', '/api/runs?wait=30', { prompt: fakeGraph('succeed'), prompt_id: 'taken-out' })
  while ((await get('/api/jobs/taken-out')).status !== 200) await new Promise((go) => setTimeout(go, 10))
  await call('POST', '/queue', { delete: ['taken-out'] })
  expect(await answer).toMatchObject({ status: 409, body: { id: 'taken-out', status: 'cancelled', outputs: [] } })
  await call('POST', `/api/jobs/${busy.body.id}/cancel`)
})

describe('/api/jobs', () => {
  const run = async (behaviour: string, extra = {}) =>
    (await post(host, '/prompt', { prompt: fakeGraph(behaviour), ...extra })).body.prompt_id as string
  const until = async (id: string, status: string) => {
    for (;;) {
      const { body } = await get(`/api/jobs/${id}`)
      if (body.status === status) return body
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  test('tells of a run in every state, and cancels it', async () => {
    const first = await run('hang')
    const second = await run('succeed')
    expect(await until(first, 'in_progress')).toMatchObject({ id: first, workflow: { prompt: fakeGraph('hang') } })
    expect((await get(`/api/jobs/${second}`)).body).toMatchObject({ status: 'pending', outputs_count: 0 })
    expect((await get('/api/jobs?status=pending,in_progress')).body).toMatchObject({
      jobs: [{ id: second }, { id: first }],
      pagination: { offset: 0, limit: 100, total: 2, has_more: false },
    })
    expect((await call('POST', `/api/jobs/${first}/cancel`)).body).toEqual({ cancelled: true })
    expect(await until(first, 'cancelled')).toMatchObject({ execution_end_time: expect.any(Number) })
    expect((await call('POST', `/api/jobs/${first}/cancel`)).body).toEqual({ cancelled: false })
    expect(await until(second, 'completed')).toMatchObject({ execution_status: { completed: true } })
    expect((await get('/api/jobs?limit=1&sort_order=asc')).body.pagination).toMatchObject({ has_more: true })
  })

  test('takes those that wait out of the queue by their ids', async () => {
    const running = await run('hang')
    const waiting = [await run('succeed'), await run('succeed')]
    await until(running, 'in_progress')
    expect((await call('POST', '/api/jobs/cancel', { job_ids: [...waiting, 'unknown'] })).body).toEqual({
      cancelled: true,
    })
    for (const id of waiting) {
      expect((await get(`/api/jobs/${id}`)).body).toMatchObject({ status: 'cancelled' })
      expect(await call('POST', `/api/jobs/${id}/cancel`)).toEqual({ status: 200, body: { cancelled: false } })
    }
    await call('POST', `/api/jobs/${running}/cancel`)
    await until(running, 'cancelled')
  })

  test('refuses what it does not know', async () => {
    expect(await get('/api/jobs/nothing')).toEqual({ status: 404, body: { error: 'Job not found' } })
    expect((await get('/api/jobs?status=lost')).status).toBe(400)
    expect((await get('/jobs')).status).toBe(404)
  })
})

test('files of clients are found behind a proxy that unescapes paths, as nginx does', async () => {
  const proxy = createServer((request, response) => {
    const { method, headers } = request
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const behind = `${encodeURI(decodeURIComponent(path.replace('/gendr/', '/')))}?${query}`
    const onward = send(host.url + behind, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  }).listen(0, '127.0.0.1')
  try {
    await once(proxy, 'listening')
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/gendr`
    const file = (path: string) => `/userdata/${encodeURIComponent(path)}`
    const ask = (method: string, path: string, body?: string) => call(method, path, body, address)
    const [saved, moved] = ['workflows/Büste 1/a.json', 'workflows/alt/b.json']
    expect(await ask('POST', `${file(saved)}?overwrite=false`, '{"a":1}')).toEqual({ status: 200, body: saved })
    expect(await ask('GET', file(saved))).toEqual({ status: 200, body: { a: 1 } })
    expect((await get(file(saved))).body).toEqual({ a: 1 })
    expect(await ask('POST', `${file(saved)}/move/${encodeURIComponent(moved)}?overwrite=false`)).toEqual({
      status: 200,
      body: moved,
    })
    expect((await ask('DELETE', file(moved))).status).toBe(204)
    expect((await ask('GET', file(moved))).status).toBe(404)
  } finally {
    proxy.close()
  }
})
