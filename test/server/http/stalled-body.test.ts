import { once } from 'node:events'
import { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { failureHandler } from '../../../server/http/failure.ts'
import { endStalledBodies } from '../../../server/http/stalled-body.ts'
import { startFakeHost } from '../runs/fake-host.ts'

const PATIENCE = 100

let server: Server
const failures: unknown[] = []
beforeAll(async () => {
  const app = express()
  app.use(endStalledBodies(PATIENCE))
  app.post('/length', express.raw({ type: () => true }), (request, response) => {
    response.json(request.body.length)
  })
  app.post('/unread', (_request, response) => {
    response.write('begun ')
    setTimeout(() => response.end('ended'), 4 * PATIENCE)
  })
  app.use(failureHandler((error) => failures.push(error)))
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function send(path: string, length: number, body = ''): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`)
  return socket
}

test('a body that comes slowly is taken whole', async () => {
  const socket = send('/length', 20)
  for (let i = 0; i < 20; i++) {
    await sleep(PATIENCE / 4)
    socket.write('x')
  }
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 .*\r\n\r\n20$/s)
})

test('a body of which nothing comes any more ends its request, which is told', async () => {
  const answer = await text(send('/length', 20, 'abc'))
  expect(answer).toMatch(/^HTTP\/1.1 408 /)
  expect(answer).toContain('Nothing more of the body came for 0.1 s.')
  expect(failures).toEqual([])
})

test('an answer takes as long as it takes once the body is there', async () => {
  expect(await text(send('/unread', 3, 'abc'))).toContain('ended')
})

test('an answer that began before its body stalled is cut off', async () => {
  const answer = await text(send('/unread', 3, 'a')).catch(() => '')
  expect(answer).not.toContain('ended')
})

test('a host sets a limit to how long the head of a request may take, and none to its body', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const host = await startFakeHost()
  const [served] = listen.mock.contexts
  listen.mockRestore()
  await host.stop()
  expect(served).toMatchObject({ requestTimeout: 0, headersTimeout: 60_000 })
})
