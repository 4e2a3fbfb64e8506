import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, startFakeHost } from '../runs/fake-host.ts'

let host: FakeHost
const outside = join(tmpdir(), `gendr-outside-${process.pid}.txt`)

beforeAll(async () => {
  host = await startFakeHost()
  await writeFile(outside, 'secret')
  await mkdir(join(host.data, 'output/sub'))
  await writeFile(join(host.data, 'output/sub/page.html'), '<script>')
  await writeFile(join(host.data, 'output/digits.txt'), '0123456789')
  await symlink(outside, join(host.data, 'output/link.txt'))
  const picture = sharp({
    create: { width: 4, height: 3, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
  })
  await picture.png().toFile(join(host.data, 'output/half.png'))
})
afterAll(() => host.stop())

const view = (query: string, headers: Record<string, string> = {}) => fetch(`${host.url}/view?${query}`, { headers })

async function upload(filename: string, fields: Record<string, string> = {}, bytes = 'pixels') {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('image', new Blob([bytes]), filename)
  const response = await fetch(`${host.url}/api/upload/image`, { method: 'POST', body: form })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('GET /view', () => {
  test('shows a file with its type and nothing that a browser could run', async () => {
    const response = await view('filename=half.png')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(response.headers.get('content-disposition')).toBe('filename="half.png"')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const page = await view('filename=page.html&subfolder=sub')
    expect(page.headers.get('content-type')).toBe('application/octet-stream')
    expect(page.headers.get('content-disposition')).toContain('attachment')
    expect(page.headers.get('content-security-policy')).toContain('sandbox')
  })

  test('answers ranges and knows what the client has', async () => {
    const part = await view('filename=digits.txt', { range: 'bytes=2-4' })
    expect(part.status).toBe(206)
    expect(await part.text()).toBe('234')
    const etag = (await view('filename=digits.txt')).headers.get('etag')!
    expect((await view('filename=digits.txt', { 'if-none-match': etag, 'cache-control': 'max-age=0' })).status).toBe(
      304,
    )
  })

  test('says so when a client has the whole file and asks for more', async () => {
    const range = { range: 'bytes=10-' }
    const refused = await view('filename=digits.txt', range)
    expect([refused.status, refused.headers.get('content-range')]).toEqual([416, 'bytes */10'])
    expect(refused.headers.get('content-type')).toMatch('application/json')
    expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining('range') } })
  })

  test('takes the folder from the end of the name', async () => {
    expect((await upload('noted.txt')).status).toBe(200)
    expect(await (await view('filename=noted.txt [input]')).text()).toBe('pixels')
    expect((await view('filename=noted.txt[input]')).status).toBe(404)
  })

  test('shows a file that has two dots in its name', async () => {
    for (const name of ['a..b.txt', '..dots.txt']) {
      expect((await upload(name)).body.name).toBe(name)
      expect((await view(`type=input&filename=${name}`)).status).toBe(200)
    }
  })

  test.each([
    ['', 404],
    ['filename=none.png', 404],
    ['filename=', 400],
    ['filename=/etc/passwd', 400],
    ['filename=../gendr.db', 400],
    ['filename=..%2Fgendr.db', 400],
    ['filename=sub%5C..%5Cgendr.db', 400],
    ['filename=..', 400],
    ['filename=half.png&type=secret', 400],
    ['filename=gendr.db&subfolder=..', 403],
    ['filename=gendr.db&subfolder=sub/../..', 403],
    ['filename=passwd&subfolder=/etc', 403],
    ['filename=link.txt', 403],
    ['filename=half.png%00', 403],
    ['filename=sub', 404],
  ])('answers %s with %i', async (query, status) => {
    const response = await view(query)
    expect(response.status).toBe(status)
    expect(await response.text()).not.toContain(host.data)
  })

  test('re-encodes as WebP or JPEG at full size', async () => {
    const webp = await view('filename=half.png&preview=webp;80')
    expect(webp.headers.get('content-type')).toBe('image/webp')
    expect(await sharp(await webp.arrayBuffer()).metadata()).toMatchObject({ width: 4, height: 3, format: 'webp' })
    expect((await view('filename=half.png&preview=jpeg')).headers.get('content-type')).toBe('image/jpeg')
    expect((await view('filename=half.png&preview=jpeg&channel=a')).headers.get('content-type')).toBe('image/webp')
  })

  test('gives colours or alpha alone', async () => {
    const pixel = async (query: string) => {
      const bytes = await (await view(`filename=half.png&${query}`)).arrayBuffer()
      return [...(await sharp(bytes).raw().toBuffer()).subarray(0, 4)]
    }
    expect((await pixel('channel=rgb')).slice(0, 3)).toEqual([255, 0, 0])
    expect(await pixel('channel=a')).toEqual([0, 0, 0, 128])
  })

  test('says so when a file is no picture, and lives on', async () => {
    expect((await view('filename=digits.txt&preview=webp')).status).toBe(400)
    expect((await view('filename=half.png&preview=webp')).status).toBe(200)
  })
})

test('whoever removes the input folder itself takes nothing but what was in it', async () => {
  const removed = async () => {
    await rm(join(host.data, 'input'), { recursive: true, force: true })
    return host.url
  }
  expect((await upload('gone.png')).status).toBe(200)
  expect((await fetch(`${await removed()}/view?type=input&filename=gone.png`)).status).toBe(404)
  expect(await (await fetch(`${await removed()}/internal/files/input`)).json()).toEqual([])
  expect((await fetch(`${await removed()}/object_info`)).status).toBe(200)
  await removed()
  expect((await upload('next.png')).status).toBe(200)
  expect(await (await view('type=input&filename=next.png')).text()).toBe('pixels')
})

describe('POST /upload/image', () => {
  test('keeps a file, renames another of its name, and overwrites when asked', async () => {
    expect(await upload('a.png')).toEqual({ status: 200, body: { name: 'a.png', subfolder: '', type: 'input' } })
    expect((await upload('a.png')).body.name).toBe('a.png')
    expect((await upload('a.png', {}, 'other')).body.name).toBe('a (1).png')
    expect((await upload('a.png', { overwrite: 'true' }, 'third')).body.name).toBe('a.png')
    expect(await (await view('filename=a.png&type=input')).text()).toBe('third')
    expect((await upload('b.png', { subfolder: 'deep/er', type: 'temp' })).body).toEqual({
      name: 'b.png',
      subfolder: 'deep/er',
      type: 'temp',
    })
  })

  test.each<[string, Record<string, string>]>([
    ['../evil.png', {}],
    ['evil.png', { subfolder: '../..' }],
    ['evil.png', { subfolder: '/tmp' }],
    ['evil.png', { type: 'nope' }],
  ])('refuses %s with %j', async (filename, fields) => {
    const { status, body } = await upload(filename, fields)
    expect(status).toBe(400)
    expect(JSON.stringify(body)).not.toContain(host.data)
  })

  test('refuses what is no form', async () => {
    const response = await fetch(`${host.url}/upload/image`, { method: 'POST', body: 'text' })
    expect(response.status).toBe(400)
  })
})
