import { createHash } from 'node:crypto'
import { readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileRoots, serveSettings } from '../../../server/config.ts'
import { Storage } from '../../../server/storage/storage.ts'
import { type FakeHost, fakeGraph, get, post, startFakeHost } from '../runs/fake-host.ts'

/** Files by their content. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost()
  await host.ready()
})
afterAll(() => host.stop())

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const put = async (text: string, name = 'a.png', sha256 = hashOf(text)) => {
  const response = await fetch(`${host.url}/api/files/${sha256}?name=${encodeURIComponent(name)}`, {
    method: 'PUT',
    body: text,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('what was put is found by its content, and is not kept twice', async () => {
  expect((await get(host, `/api/files/${hashOf('one')}`)).status).toBe(404)
  const file = { sha256: hashOf('one'), size: 3, filename: 'one.png', subfolder: '', type: 'input', input: 'one.png' }
  expect(await put('one', 'one.png')).toEqual({ status: 201, body: file })
  expect(await put('one', 'another-name.png')).toEqual({ status: 200, body: file })
  expect((await get(host, `/api/files/${hashOf('one')}`)).body).toEqual(file)
  expect((await readdir(join(host.data, 'input'))).filter((name) => /one|another/.test(name))).toEqual(['one.png'])
  expect((await post(host, '/api/files/known', { sha256: [hashOf('two'), hashOf('one')] })).body).toEqual({
    files: [file],
  })
  const content = await fetch(`${host.url}/api/files/${hashOf('one')}/content`)
  expect([await content.text(), content.headers.get('content-type')]).toEqual(['one', 'image/png'])
  expect(content.headers.get('etag')).toBe(`"${hashOf('one')}"`)
  const again = { 'if-none-match': content.headers.get('etag')!, 'cache-control': 'max-age=0' }
  expect((await fetch(`${host.url}/api/files/${hashOf('one')}/content`, { headers: again })).status).toBe(304)
})

test('a range that the content does not have is refused, and the refusal not kept', async () => {
  await put('short', 'short.png')
  const refused = await fetch(`${host.url}/api/files/${hashOf('short')}/content`, { headers: { range: 'bytes=5-' } })
  expect([refused.status, refused.headers.get('content-range')]).toEqual([416, 'bytes */5'])
  expect(refused.headers.get('content-type')).toMatch('application/json')
  expect(refused.headers.get('cache-control')).toBeNull()
})

test('uploads and results are found too', async () => {
  const form = new FormData()
  form.set('image', new Blob(['uploaded']), 'up.png')
  await fetch(`${host.url}/upload/image`, { method: 'POST', body: form })
  expect((await get(host, `/api/files/${hashOf('uploaded')}`)).body).toMatchObject({
    filename: 'up.png',
    type: 'input',
  })

  const { body } = await post(host, '/api/runs?wait=30', { prompt: fakeGraph('file saved') })
  const sha256 = hashOf('a file of saved')
  expect(body.outputs).toEqual([
    {
      node: '1',
      filename: 'saved.png',
      subfolder: '',
      type: 'output',
      url: '/view?filename=saved.png&subfolder=&type=output',
      sha256,
    },
  ])
  expect((await get(host, `/api/files/${sha256}`)).body).toMatchObject({ input: 'saved.png [output]', size: 15 })
  expect(await (await fetch(`${host.url}/api/files/${sha256}/content`)).text()).toBe('a file of saved')
})

test('what is only in the temporary folder is not known, and is kept when it is put', async () => {
  const form = new FormData()
  form.set('image', new Blob(['for a while']), 'preview.png')
  form.set('type', 'temp')
  await fetch(`${host.url}/upload/image`, { method: 'POST', body: form })
  const sha256 = hashOf('for a while')
  expect((await get(host, `/api/files/${sha256}`)).body).toMatchObject({ type: 'temp', input: 'preview.png [temp]' })
  expect((await post(host, '/api/files/known', { sha256: [sha256] })).body).toEqual({ files: [] })
  expect(await put('for a while', 'kept.png')).toMatchObject({
    status: 201,
    body: { type: 'input', input: 'kept.png' },
  })
  expect(await put('for a while', 'kept.png')).toMatchObject({ status: 200, body: { input: 'kept.png' } })
  expect((await post(host, '/api/files/known', { sha256: [sha256] })).body).toMatchObject({
    files: [{ input: 'kept.png' }],
  })
})

test('a name that ends like a folder is told with its own, under which it is found', async () => {
  await writeFile(join(host.data, 'output/sunset.png'), 'another')
  const { body } = await put('ours', 'sunset.png [output]')
  expect(body).toMatchObject({ filename: 'sunset.png [output]', type: 'input', input: 'sunset.png [output] [input]' })
  const form = new FormData()
  form.set('image', new Blob(['ours']), 'sunset.png [output]')
  const response = await fetch(`${host.url}/upload/image`, { method: 'POST', body: form })
  const { name } = (await response.json()) as { name: string }
  expect(name).toBe(body.input)
  expect(await (await fetch(`${host.url}/view?type=input&filename=${encodeURIComponent(name)}`)).text()).toBe('ours')
  const files = await Storage.open(fileRoots(serveSettings({ data: host.data }, {})))
  expect(Buffer.from(await files.read(name)).toString()).toBe('ours')
})

test('a run that has completed is answered for while its files are there, and made again when one is gone', async () => {
  const graph = { ...fakeGraph('file here', '1'), ...fakeGraph('file gone', '2') }
  const send = async () => {
    const { status, body } = await post(host, '/api/runs?wait=30&inline=true', { prompt: graph, prompt_id: 'inline' })
    const outputs = body.outputs as { filename: string; data?: string }[]
    return { status, outputs: outputs.map(({ filename, data }) => [filename, data && atob(data)]) }
  }
  const startedAt = async () => (await get(host, '/api/jobs/inline')).body.execution_start_time as number
  const whole = {
    status: 200,
    outputs: [
      ['here.png', 'a file of here'],
      ['gone.png', 'a file of gone'],
    ],
  }
  expect(await send()).toEqual(whole)
  const first = await startedAt()
  expect(await send()).toEqual(whole)
  expect(await startedAt()).toBe(first)
  await rm(join(host.data, 'output/gone.png'))
  expect(await send()).toEqual(whole)
  expect(await startedAt()).toBeGreaterThan(first)
})

test('a picture that does not come with the answer says why', async () => {
  await writeFile(join(host.data, 'output/2.png'), '')
  await truncate(join(host.data, 'output/2.png'), 65 << 20)
  const prompt = { ...fakeGraph('succeed', '1'), ...fakeGraph('succeed', '2'), ...fakeGraph('file small', '3') }
  const { body } = await post(host, '/api/runs?wait=30&inline=true', { prompt })
  expect(body.outputs).toMatchObject([
    { filename: '1.png', omitted: 'missing' },
    { filename: '2.png', omitted: 'too_large' },
    { filename: 'small.png', format: 'image/png', data: btoa('a file of small') },
  ])
})

test('a file that was changed or removed by others is not passed off as what it was', async () => {
  await put('changed', 'changed.png')
  await put('removed', 'removed.png')
  await writeFile(join(host.data, 'input/changed.png'), 'different')
  await rm(join(host.data, 'input/removed.png'))
  for (const text of ['changed', 'removed']) {
    expect((await get(host, `/api/files/${hashOf(text)}`)).status).toBe(404)
    expect((await put(text, `${text}.png`)).status).toBe(201)
  }
})

test('what does not have its hash, and what is no hash, is refused', async () => {
  expect(await put('one thing', 'x.png', hashOf('another'))).toMatchObject({ status: 400 })
  expect((await put('x', 'x.png', 'nonsense')).status).toBe(400)
  expect((await post(host, '/api/files/known', { sha256: ['nonsense'] })).status).toBe(400)
  expect((await put('x', '../x.png')).status).toBe(403)
  expect((await get(host, '/api/files/..%2F..%2Fgendr.db')).status).toBe(400)
  expect((await get(host, `/files/${hashOf('one')}`)).status).toBe(404)
})
