import { once } from 'node:events'
import { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { failureHandler } from '../../../server/http/failure.ts'
import { endStalledBodies } from '../../../server/http/stalled-body.ts'
import { startFakeHost, until } from '../runs/fake-host.ts'

const PATIENCE = 100

let server: Server
/** Bytes of the body that is being read. */
let received: number | undefined
/** Ends the answer to a body that is not read. */
let finish: (() => void) | undefined
const failures: unknown[] = []
beforeAll(async () => {
  const app = express()
  app.use(endStalledBodies(PATIENCE))
  app.post('/length', async (request, response) => {
    let length = 0
    received = length
    for await (const part of request) {
      length += part.length
      received = length
    }
    response.json(length)
  })
  app.post('/unread', (_request, response) => {
    response.write('begun ')
    finish = () => response.end('ended')
  })
  app.use(failureHandler((error) => failures.push(error)))
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => {
  vi.useRealTimers()
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

function useFakeIntervals(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
}

test('a body that comes slowly is taken whole', async () => {
  useFakeIntervals()
  const socket = send('/length', 20)
  await until(() => received)
  for (let sent = 1; sent <= 20; sent++) {
    socket.write('x')
    await until(() => received === sent || undefined)
    vi.advanceTimersByTime(PATIENCE)
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
  useFakeIntervals()
  const answer = text(send('/unread', 3, 'abc'))
  const end = await until(() => finish)
  vi.advanceTimersByTime(4 * PATIENCE)
  end()
  expect(await answer).toContain('ended')
})

test('an answer that began before its body stalled is cut off', async () => {
  const socket = send('/unread', 3, 'a')
    .on('error', () => undefined)
    .resume()
  await once(socket, 'close')
})

test('a host sets a limit to how long the head of a request may take, and none to its body', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const host = await startFakeHost()
  const [served] = listen.mock.contexts
  listen.mockRestore()
  await host.stop()
  expect(served).toMatchObject({ requestTimeout: 0, headersTimeout: 60_000 })
})
