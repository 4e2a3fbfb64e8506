import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import express from 'express'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Room } from '../../../server/concurrency/room.ts'
import { Bodies, readBody } from '../../../server/http/bodies.ts'
import { contentRoutes } from '../../../server/http/content.ts'
import { failureHandler } from '../../../server/http/failure.ts'
import type { AcceptPrompt } from '../../../server/http/prompt.ts'
import { runRoutes } from '../../../server/http/run.ts'
import { uploadRoutes } from '../../../server/http/upload.ts'
import { userdataRoutes } from '../../../server/http/userdata.ts'
import type { FileIndex } from '../../../server/storage/file-index.ts'
import { until } from '../runs/fake-host.ts'

const MIB = 1 << 20
const server = createServer()
let address: string
let port: number
/** Bytes of bodies that have come and are kept. */
let kept = 0
/** Lets go of what is being used. */
let finish = () => {}
beforeEach(async () => {
  kept = 0
  const app = express()
  const bodies = new Bodies(new Room(3 * MIB))
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  const hold = (request: express.Request, use: () => Promise<void>) =>
    bodies.hold(async (keep) => {
      const body = await readBody(request, 2 * MIB, (bytes) => {
        keep(bytes)
        kept += bytes
      })
      await use()
      return body.length
    })
  app.put('/file', async (request, response) => void response.json(await hold(request, async () => undefined)))
  app.put('/used', async (request, response) => void response.json(await hold(request, () => finished)))
  app.put('/answered', async (request, response) => {
    await hold(request, async () => undefined)
    response.write('[')
    await finished
    response.end(']')
  })
  const files = { save: async () => ({ filename: 'a.png', subfolder: '', type: 'input' }) } as never
  const index = { find: () => [], put: () => undefined } as unknown as FileIndex
  app.use(contentRoutes(files, index, bodies, 3 * MIB))
  app.use(userdataRoutes({ write: async () => ({ path: 'a' }) } as never, bodies))
  app.use(uploadRoutes(files, index, {} as never, bodies, { maxPixels: 1, maxUpload: 3 * MIB }))
  const accept: AcceptPrompt = async (_sent, response) => void response.json({})
  app.use(runRoutes({} as never, accept, files, index, { bodies, maxUpload: 3 * MIB, readJson: [] }))
  app.use(failureHandler(() => undefined))
  server.removeAllListeners('request').on('request', app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  address = `http://127.0.0.1:${port}`
})
afterEach(() => {
  finish()
  server.closeAllConnections()
  server.close()
})

const zeros = (size: number) => new Uint8Array(size)
const send = (path: string, body: Uint8Array<ArrayBuffer> | FormData, more: RequestInit = {}) =>
  fetch(address + path, { method: 'PUT', body, ...more })
const status = async (...request: Parameters<typeof send>) => (await send(...request)).status

/** Begins a body of no stated length. */
function begin(path: string, size: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.write(`PUT ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
  if (size > 0) socket.write(`${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
  return socket
}

test('files that are sent at the same time share one room by what has come of them', async () => {
  const silent = begin('/file', 0)
  const slow = begin('/file', 2 * MIB)
  await until(() => kept === 2 * MIB || undefined)
  const refused = await send('/file', zeros(2 * MIB))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
  expect(await refused.json()).toMatchObject({ error: { message: expect.stringMatching('More than 3 MiB of files') } })
  expect(await status('/file', zeros(MIB))).toBe(200)
  slow.destroy()
  await until(async () => (await status('/file', zeros(2 * MIB))) === 200 || undefined)
  silent.destroy()
})

test('a file has its room until it has been used, not until the answer has ended', async () => {
  const used = send('/used', zeros(2 * MIB))
  await until(() => kept === 2 * MIB || undefined)
  expect(await status('/file', zeros(2 * MIB))).toBe(429)
  finish()
  await used
  const answered = begin('/answered', 2 * MIB)
  answered.write('0\r\n\r\n')
  await once(answered, 'data')
  expect(await status('/file', zeros(2 * MIB))).toBe(200)
  answered.destroy()
})

test('a compressed one counts as what it inflates to', async () => {
  const gzip = { headers: { 'content-encoding': 'gzip' } }
  expect(await status('/file', gzipSync(zeros(3 * MIB)) as Uint8Array<ArrayBuffer>, gzip)).toBe(413)
  const small = gzipSync(zeros(2 * MIB)) as Uint8Array<ArrayBuffer>
  const used = send('/used', small, gzip)
  await until(() => kept >= 4 * MIB || undefined)
  expect(await status('/file', small, gzip)).toBe(429)
  finish()
  expect(await (await used).json()).toBe(2 * MIB)
})

test('one that cannot be read is refused for that', async () => {
  const encoded = (encoding: string) => ({ headers: { 'content-encoding': encoding } })
  const half = gzipSync(zeros(MIB)).subarray(0, 100) as Uint8Array<ArrayBuffer>
  expect(await status('/file', half, encoded('gzip'))).toBe(400)
  expect(await status('/file', zeros(10), encoded('br'))).toBe(400)
  expect(await status('/file', zeros(10), encoded('constructor'))).toBe(415)
})

test('the connection of a file that was refused can be used again', async () => {
  const socket = begin('/file', 3 * MIB)
  let answers = ''
  socket.on('data', (bytes) => {
    answers += bytes
  })
  socket.write('0\r\n\r\n')
  await until(() => answers.includes('413') || undefined)
  socket.write('PUT /file HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')
  await until(() => answers.endsWith('\r\n\r\n3') || undefined)
  socket.destroy()
})

test('whatever takes files takes them from the same room, and gives it back', async () => {
  const used = send('/used', zeros(2 * MIB))
  await until(() => kept === 2 * MIB || undefined)
  const form = (size: number) => {
    const body = new FormData()
    body.set('image', new Blob([zeros(size)]), 'a.png')
    return body
  }
  const run = (size: number) => {
    const body = form(size)
    body.set('workflow', 'a')
    return body
  }
  const ways = [
    (size: number) => status(`/files/${'0'.repeat(64)}`, zeros(size)),
    (size: number) => status('/userdata/a', zeros(size), { method: 'POST' }),
    (size: number) => status('/upload/image', form(size), { method: 'POST' }),
    (size: number) => status('/runs', run(size), { method: 'POST' }),
  ]
  for (const way of ways) expect(await way(2 * MIB)).toBe(429)
  finish()
  await used
  for (const way of ways) {
    expect(await way(2 * MIB)).not.toBe(429)
    expect(await way(2 * MIB)).not.toBe(429)
  }
  expect(await status('/upload/image', form(3 * MIB + 1), { method: 'POST' })).toBe(413)
})
