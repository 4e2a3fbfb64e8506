import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeHost, fakeGraph, get, Listener, post, startFakeHost, until } from '../runs/fake-host.ts'

/** What a careless or hostile client sends, which must end nothing but its own request. */

let host: FakeHost
beforeAll(async () => {
  host = await startFakeHost({ token: 'a-secret-of-ours' })
  await host.ready()
})
afterAll(() => host.stop())

const AUTHORISED = { authorization: 'Bearer a-secret-of-ours' }

/** Sends the bytes of a request and gives those of the answer. */
async function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(host.url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text
  })
  socket.write(request)
  await Promise.race([
    once(socket, 'close'),
    until(() => (/\r\n\r\n.*([}\])]|\r\n0\r\n\r\n)$/s.test(answer) ? true : undefined)),
  ])
  socket.destroy()
  return answer
}

/** Nested so many times, as text: no test may depend on how deep JSON.stringify goes. */
const nested = (depth: number) =>
  `{"1":{"class_type":"Fake","inputs":{"behaviour":"succeed","x":${'['.repeat(depth)}${']'.repeat(depth)}}}}`

describe('the host answers on', () => {
  test.each(['//', 'http://[', '/ws/%'])('after an upgrade to %s, which is not here', async (target) => {
    const upgrade = 'Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
    const answer = await raw(
      `GET ${target} HTTP/1.1\r\n${upgrade}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('a request to // without an upgrade', async () => {
    expect(await raw('GET //queue HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 [24]\d\d /,
    )
  })

  test('a client that offers HTTP/2 besides, in HTTP/1.1', async () => {
    const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'
    const plain = 'Host: 127.0.0.1\r\nAuthorization: Bearer a-secret-of-ours'
    expect(await raw(`GET /queue HTTP/1.1\r\n${plain}\r\n${offer}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 200 .*"queue_running":\[/s,
    )
    const body = JSON.stringify({ prompt: fakeGraph('succeed'), prompt_id: 'h2c' })
    const post = `POST /prompt HTTP/1.1\r\n${plain}\r\n${offer}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    expect(await raw(post)).toMatch(/^HTTP\/1\.1 200 .*"prompt_id":"h2c"/s)
  })

  test.each(['image', 'mask'])('an upload of an %s that ends in the midst of its file', async (kind) => {
    const body = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nabcdef'
    const form = 'Content-Type: multipart/form-data; boundary=x\r\nConnection: close'
    const plain = 'Host: 127.0.0.1\r\nAuthorization: Bearer a-secret-of-ours'
    const head = `POST /upload/${kind} HTTP/1.1\r\n${plain}\r\n${form}\r\nContent-Length: ${body.length}`
    expect(await raw(`${head}\r\n\r\n${body}`)).toMatch(/^HTTP\/1\.1 400 .*not a form that can be read/s)
    expect((await fetch(`${host.url}/health`)).status).toBe(200)
  })

  test.each([300, 3400, 20_000])('a graph that is nested %i times', async (depth) => {
    const { status, body } = await post(host, '/prompt', `{"prompt":${nested(depth)}}`, AUTHORISED)
    expect([status, body.error]).toEqual([
      400,
      expect.objectContaining({ message: expect.stringMatching(/256 levels/) }),
    ])
    const listener = await Listener.open(host, `deep-${depth}`, AUTHORISED)
    listener.socket.send(`{"type":"run","data":{"workflow":${nested(depth)},"id":"mine"}}`)
    expect((await listener.until('run_rejected')).data).toMatchObject({ id: 'mine' })
    await listener.close()
  })

  test.each([
    ['/prompt', (deep: string) => `{"prompt":${deep}}`],
    ['/prompt', (deep: string) => `{"prompt":{"1":{"class_type":"Load","inputs":{"image":${deep}}}}}`],
    ['/api/runs', (deep: string) => `{"prompt":{"1":{"class_type":"Load","inputs":{"image":{"deep":${deep}}}}}}`],
    ['/settings', (deep: string) => `{"deep":${deep}}`],
    ['/settings/deep', (deep: string) => deep],
  ])('JSON to %s that is nested deeper than it can be written again', async (path, bodyOf) => {
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`
    expect(await post(host, path, bodyOf(deep), AUTHORISED)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('256 levels') } },
    })
  })

  test('a run over the socket with an input that is too deep to be repeated', async () => {
    const listener = await Listener.open(host, 'deep-input', AUTHORISED)
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`
    const graph = `{"1":{"class_type":"Fake","inputs":{"behaviour":${deep}}}}`
    listener.socket.send(`{"type":"run","data":{"workflow":${graph},"id":"mine"}}`)
    const { data } = await listener.until('run_rejected')
    expect(data).toMatchObject({ id: 'mine', error: { message: expect.stringContaining('256 levels') } })
    await listener.close()
  })

  test('a run over the socket that is too large, or does not fit, with its reference where that can be read', async () => {
    const listener = await Listener.open(host, 'large', AUTHORISED)
    listener.socket.send(`{"type":"run","data":{"workflow":{},"set":[1],"id":"mine"}}`)
    expect((await listener.until('run_rejected')).data).toMatchObject({ id: 'mine' })
    listener.socket.send(`{"type":"run","data":{"workflow":"${'x'.repeat(9 << 20)}"}}`)
    const isLarge = ({ error }: Record<string, unknown>) => JSON.stringify(error).includes('larger than 8 MiB')
    expect((await listener.until('run_rejected', isLarge)).data).not.toHaveProperty('id')
    await listener.close()
  })

  test.each<[string, number, Record<string, string>, Uint8Array<ArrayBuffer>, RegExp]>([
    ['no gzip', 400, { 'content-encoding': 'gzip' }, Buffer.from('{}'), /damaged/],
    ['half of a gzip', 400, { 'content-encoding': 'gzip' }, gzipSync('{"clear":true}').subarray(0, 20), /too early/],
    ['an unknown encoding', 415, { 'content-encoding': 'lzma' }, Buffer.from('{}'), /'lzma'/],
    ['an unknown charset', 415, { 'content-type': 'application/json; charset=ebcdic' }, Buffer.from('{}'), /'ebcdic'/],
    ['no JSON', 400, {}, Buffer.from('{'), /not JSON/],
    ['9 MiB', 413, {}, Buffer.alloc(9 << 20), /8 MiB/],
  ])('a body that is %s, with what was wrong', async (_kind, status, headers, body, message) => {
    const response = await fetch(`${host.url}/queue`, { method: 'POST', headers: { ...AUTHORISED, ...headers }, body })
    expect(response.status).toBe(status)
    expect((await response.json()).error.message).toMatch(message)
  })

  test.each([
    ['GET', '/userdata/%E0%A4%A'],
    ['GET', '/history/%ff'],
    ['POST', `/userdata/${'n'.repeat(300)}.json`],
    ['POST', '/userdata/there.json%2Fbelow.json'],
    ['POST', '/userdata/folder'],
  ])('%s %s, with what was wrong', async (method, path) => {
    const write = (to: string) => fetch(host.url + to, { method: 'POST', headers: AUTHORISED, body: '{}' })
    for (const file of ['there.json', 'folder%2Fin-it.json']) await write(`/userdata/${file}`)
    const init = { method, headers: AUTHORISED, ...(method === 'POST' && { body: '{}' }) }
    const response = await fetch(host.url + path, init)
    expect(response.status).toBe(400)
    expect((await response.json()).error.extra_info.remedy).toMatch(/\w/)
  })

  test('an id like a name of every object', async () => {
    const text = `{"prompt_id":"odd","prompt":{"__proto__":{"class_type":"Fake","inputs":{"behaviour":"succeed"}}}}`
    expect((await post(host, '/prompt', text, AUTHORISED)).status).toBe(200)
  })
})

test('a client that never answers does not keep a host that stops', async () => {
  const stopping = await startFakeHost()
  const { hostname, port } = new URL(stopping.url)
  const socket = connect(Number(port), hostname)
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13'
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${hostname}\r\n${upgrade}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.resume()
  const closed = once(socket, 'close', { signal: AbortSignal.timeout(5000) })
  await stopping.stop()
  await closed
})

test('and has logged nothing of it as a fault of its own', async () => {
  expect(host.log.filter((line) => /at .*\.ts:\d+/.test(line))).toEqual([])
  const response = await fetch(`${host.url}/queue`, { headers: AUTHORISED })
  expect(response.status).toBe(200)
  expect((await get(host, '/queue')).status).toBe(401)
})
