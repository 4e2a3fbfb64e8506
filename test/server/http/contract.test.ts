import { mkdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, post, startFakeHost, until } from '../runs/fake-host.ts'

/** ComfyUI's HTTP contract, route by route, under both prefixes. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
  await mkdir(join(host.data, 'output/sub'), { recursive: true })
  const half = { create: { width: 4, height: 3, channels: 4 as const, background: { r: 255, g: 9, b: 0, alpha: 0.5 } } }
  for (const name of ['a.png', 'sub/b.png'])
    await sharp(half)
      .png()
      .toFile(join(host.data, 'output', name))
  const grey = sharp({ create: { width: 2, height: 2, channels: 3, background: '#777' } }).greyscale()
  await grey.png().toFile(join(host.data, 'output/grey.png'))
})
afterAll(() => host.stop())

interface Reply {
  readonly status: number
  readonly type: string | null
  readonly body: unknown
  readonly headers: Headers
}

async function call(method: string, path: string, body?: string | FormData): Promise<Reply> {
  const response = await fetch(host.url + path, body === undefined ? { method } : { method, body })
  const text = await response.text()
  const type = response.headers.get('content-type')?.split(';')[0] ?? null
  return {
    status: response.status,
    type,
    body: type === 'application/json' && text !== '' ? JSON.parse(text) : text,
    headers: response.headers,
  }
}

const file = (path: string) => encodeURIComponent(path)

describe.each(['', '/api'])('under %j', (prefix) => {
  test.each<[string, string, string | undefined, number, unknown]>([
    ['GET', '/prompt', undefined, 200, { exec_info: { queue_remaining: 0 } }],
    ['GET', '/queue', undefined, 200, { queue_running: [], queue_pending: [] }],
    ['POST', '/queue', '{"clear":true}', 200, {}],
    ['POST', '/queue', '{"delete":["unknown"]}', 200, {}],
    ['POST', '/queue', undefined, 200, {}],
    ['GET', '/history/unknown', undefined, 200, {}],
    ['GET', '/history?max_items=0', undefined, 200, {}],
    ['GET', '/history?max_items=-5', undefined, 200, {}],
    ['POST', '/history', '{"delete":["unknown"]}', 200, {}],
    ['POST', '/interrupt', undefined, 200, {}],
    ['POST', '/interrupt', '{}', 200, {}],
    ['POST', '/interrupt', '{"prompt_id":"unknown"}', 200, {}],
    ['POST', '/interrupt', '{"prompt_id":null}', 200, {}],
    ['POST', '/free', '{"unload_models":true,"free_memory":true}', 200, {}],
    ['POST', '/free', undefined, 200, {}],
    ['GET', '/users', undefined, 200, { storage: 'server', migrated: true }],
    ['POST', '/users', '{"username":"default"}', 400, { error: 'Duplicate username.' }],
    ['POST', '/users', '{}', 400, { error: 'username not provided' }],
    ['GET', '/settings/none', undefined, 200, null],
    ['GET', '/userdata', undefined, 400, 'Directory not provided'],
    ['GET', '/userdata?dir=..', undefined, 403, 'Invalid directory'],
    ['GET', '/userdata?dir=none', undefined, 404, 'Directory not found'],
    ['GET', '/v2/userdata?path=none', undefined, 404, 'Requested path not found'],
    ['GET', '/v2/userdata?path=../..', undefined, 400, 'Invalid path requested'],
    ['GET', '/internal/files/secret', undefined, 400, { error: 'Invalid directory type' }],
  ])('%s %s with %s answers %i', async (method, path, body, status, answer) => {
    expect(await call(method, prefix + path, body)).toMatchObject({ status, body: answer })
  })

  test.each<[string, string, string | undefined, number]>([
    ['GET', '/history?max_items=x', undefined, 400],
    ['GET', '/history?offset=', undefined, 400],
    ['POST', '/queue', '{', 400],
    ['POST', '/queue', '{"delete":7}', 400],
    ['POST', '/free', '{"unload_models":"yes"}', 400],
    ['GET', `/userdata/${file('workflows/none.json')}`, undefined, 404],
    ['GET', '/userdata/workflows/none.json', undefined, 404],
    ['GET', `/userdata/${file('../x')}`, undefined, 403],
    ['POST', `/userdata/${file('folder/')}`, '{}', 400],
    ['POST', `/userdata/${file('folder\\')}`, '{}', 400],
    ['DELETE', `/userdata/${file('none.json')}`, undefined, 404],
    ['GET', '/nothing', undefined, 404],
    ['POST', '/nothing', '{}', 404],
    ['PATCH', '/prompt', '{}', 405],
    ['DELETE', '/queue', undefined, 405],
    ['POST', '/system_stats', '{}', 405],
    ['GET', '/interrupt', undefined, 405],
    ['GET', '/upload/image', undefined, 405],
  ])('%s %s with %s is refused with %i, in JSON', async (method, path, body, status) => {
    const reply = await call(method, prefix + path, body)
    expect(reply).toMatchObject({
      status,
      type: 'application/json',
      body: {
        error: { type: expect.any(String), message: expect.any(String), details: expect.any(String) },
        node_errors: {},
      },
    })
    if (status === 405) expect(reply.headers.get('allow')).toMatch(/OPTIONS/)
  })

  test.each(['/prompt', '/queue', '/system_stats', '/object_info', '/view?filename=a.png'])(
    'HEAD %s is GET without a body, OPTIONS is 200',
    async (path) => {
      const [head, get, options] = [
        await call('HEAD', prefix + path),
        await call('GET', prefix + path),
        await call('OPTIONS', prefix + path),
      ]
      expect([head.status, head.body, head.type]).toEqual([200, '', get.type])
      expect(options.status).toBe(200)
    },
  )

  test('a name is a user once', async () => {
    const username = `ann & bob${prefix}`
    const first = await call('POST', `${prefix}/users`, JSON.stringify({ username }))
    expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^ann-bob.*_[0-9a-f-]{36}$/) })
    expect((await call('POST', `${prefix}/users`, JSON.stringify({ username }))).body).toEqual({
      error: 'Duplicate username.',
    })
  })

  test('files of clients are replaced and moved over others unless that is forbidden, and never shown in place', async () => {
    const [a, b] = [file('w/a.json'), file('w/b.html')]
    await call('POST', `${prefix}/userdata/${a}`, '{"n":1}')
    expect(await call('POST', `${prefix}/userdata/${a}?overwrite=1`, '{"n":2}')).toMatchObject({ body: 'w/a.json' })
    expect(await call('POST', `${prefix}/userdata/${a}?overwrite=false`, '')).toMatchObject({
      status: 409,
      type: 'text/plain',
      body: 'File already exists',
    })
    const read = await call('GET', `${prefix}/userdata/${a}`)
    expect(read).toMatchObject({ type: 'application/json', body: { n: 2 } })
    await call('POST', `${prefix}/userdata/${b}`, '<script>')
    expect(await call('POST', `${prefix}/userdata/${a}/move/${b}?overwrite=false`)).toMatchObject({ status: 409 })
    expect(await call('POST', `${prefix}/userdata/${a}/move/${b}?full_info=true`)).toMatchObject({
      status: 200,
      body: { path: 'w/b.html', size: 7, modified: expect.any(Number), created: expect.any(Number) },
    })
    const page = await call('GET', `${prefix}/userdata/${b}`)
    expect(page.type).toBe('application/octet-stream')
    expect(page.headers.get('content-disposition')).toBe('attachment')
    expect((await call('DELETE', `${prefix}/userdata/${b}`)).status).toBe(204)
  })

  test('GET /view re-encodes as ComfyUI does', async () => {
    const view = async (query: string) => {
      const response = await fetch(`${host.url}${prefix}/view?filename=${query}`)
      const bytes = Buffer.from(await response.arrayBuffer())
      const { format, width, height, channels } = await sharp(bytes).metadata()
      expect(response.headers.get('content-type')).toBe(`image/${format}`)
      return { format, width, height, channels, pixel: [...(await sharp(bytes).raw().toBuffer()).subarray(0, 4)] }
    }
    const size = { width: 4, height: 3 }
    expect(await view('a.png')).toMatchObject({ ...size, format: 'png', channels: 4 })
    expect(await view('a.png&preview=')).toMatchObject({ ...size, format: 'webp', channels: 4 })
    expect(await view('a.png&preview=80')).toMatchObject({ ...size, format: 'webp' })
    expect(await view('a.png&preview=gif;75')).toMatchObject({ ...size, format: 'webp' })
    expect(await view('a.png&preview=webp;75&channel=rgb')).toMatchObject({ format: 'webp', channels: 3 })
    const jpeg = await view('a.png&preview=jpeg;95')
    expect(jpeg).toMatchObject({ format: 'jpeg', channels: 3 })
    expect(jpeg.pixel[0]).toBeGreaterThan(240)
    expect(await view('a.png&preview=jpeg&channel=rgba')).toMatchObject({ format: 'webp' })
    expect(await view('a.png&channel=rgb')).toMatchObject({ format: 'png', channels: 3, pixel: [255, 9, 0, 255] })
    expect(await view('a.png&channel=a')).toMatchObject({ format: 'png', channels: 4, pixel: [0, 0, 0, 128] })
    expect(await view('grey.png&channel=a')).toMatchObject({ pixel: [0, 0, 0, 255] })
    expect(await view('grey.png&channel=rgb')).toMatchObject({ channels: 3 })
    // Only the last part of a name counts, and unknown keys do not.
    expect(await view('elsewhere/b.png&subfolder=sub&rand=0.5&t=1')).toMatchObject(size)
  })

  test('POST /upload/mask refuses a picture that is not there or outside, and finds it by its annotated name', async () => {
    const mask = await sharp({ create: { width: 4, height: 3, channels: 4, background: '#0000' } })
      .png()
      .toBuffer()
    const send = (name: string, original: unknown) => {
      const form = new FormData()
      form.append('image', new Blob([new Uint8Array(mask)]), name)
      form.append('subfolder', 'clipspace')
      form.append('original_ref', JSON.stringify(original))
      return call('POST', `${prefix}/upload/mask`, form)
    }
    const name = `m${prefix.length}.png`
    expect(await send(name, { filename: 'a.png' })).toMatchObject({
      status: 200,
      body: { name, subfolder: 'clipspace', type: 'input' },
    })
    expect((await send('n.png', { filename: 'a.png [output]', type: 'input' })).status).toBe(200)
    expect((await send('n.png', { filename: 'sub/b.png' })).status).toBe(200)
    expect((await send('n.png', { filename: 'none.png' })).status).toBe(404)
    expect((await send('n.png', { filename: '../gendr.db' })).status).toBe(400)
    expect((await send('n.png', { filename: 'a.png', type: 'secret' })).status).toBe(400)
    expect((await send('n.png', { filename: 'a.png', subfolder: '..' })).status).toBe(403)
  })

  test('POST /prompt takes what clients send in other forms, and keeps no secrets of theirs', async () => {
    const { body } = await post(host, `${prefix}/prompt`, {
      prompt: fakeGraph('succeed'),
      client_id: null,
      prompt_id: null,
      front: 0,
      number: '-3',
      extra_data: { mine: 1, api_key_comfy_org: 'secret', auth_token_comfy_org: 'secret' },
      partial_execution_targets: null,
    })
    expect(body).toEqual({ prompt_id: expect.any(String), number: -3, node_errors: {} })
    const record = await until(async () => {
      const found = (await call('GET', `${prefix}/history/${body.prompt_id}`)).body as Record<string, unknown>
      return found[String(body.prompt_id)]
    })
    expect(record).toMatchObject({ prompt: [-3, body.prompt_id, fakeGraph('succeed'), { mine: 1 }, ['1']] })
    expect(JSON.stringify(record)).not.toContain('secret')
    const bare = await post(host, `${prefix}/prompt`, { prompt: fakeGraph('succeed'), extra_data: null })
    expect(bare.status).toBe(200)
    await until(async () => {
      const { body: found } = await call('GET', `${prefix}/history/${bare.body.prompt_id}`)
      return Object.keys(found as object)[0]
    })
  })
})

test('a wrong type of upload and a form without a file are refused with 400', async () => {
  for (const [field, value] of [
    ['type', 'nope'],
    ['other', 'x'],
  ]) {
    const form = new FormData()
    if (field === 'type') form.append('image', new Blob(['x']), 'x.png')
    form.append(field!, value!)
    expect((await call('POST', '/upload/image', form)).status).toBe(400)
  }
})

test('a request whose connection breaks in the middle of its body leaves the host well', async () => {
  await new Promise<void>((resolve) => {
    const sent = request(`${host.url}/prompt`, { method: 'POST', headers: { 'content-length': 1000 } })
    sent.on('error', () => resolve())
    sent.write('{"prompt":')
    setTimeout(() => sent.destroy(), 50)
  })
  expect((await call('GET', '/prompt')).status).toBe(200)
})
