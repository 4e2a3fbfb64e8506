import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express from 'express'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failureHandler } from '../../../server/http/failure.ts'
import { limitBodies } from '../../../server/http/limit-bodies.ts'
import { Room } from '../../../server/runs/room.ts'
import { until } from '../runs/fake-host.ts'

const MIB = 1 << 20
const server = createServer()
let address: string
let begun = 0
beforeEach(async () => {
  begun = 0
  const app = express()
  app.use(limitBodies(new Room(3 * MIB), 2 * MIB))
  app.use((_request, _response, next) => {
    begun++
    next()
  })
  app.use(express.raw({ type: () => true, limit: 2 * MIB }))
  app.use((request, response) => void response.json(request.body.length))
  app.use(failureHandler(() => undefined))
  server.removeAllListeners('request').on('request', app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const post = async (size: number) => {
  const response = await fetch(address, { method: 'POST', body: new Uint8Array(size) })
  return [response.status, response.headers.get('retry-after')]
}

test('bodies that are sent at the same time share one room, and small ones are always let in', async () => {
  const slow = connect(Number(new URL(address).port), '127.0.0.1')
  slow.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${2 * MIB}\r\n\r\n`)
  await until(() => begun || undefined)
  expect(await post(2 * MIB)).toEqual([429, '5'])
  expect(await post(MIB)).toEqual([200, null])
  slow.destroy()
  await until(async () => ((await post(2 * MIB))[0] === 200 ? true : undefined))
})

test('one that is larger than any may be is refused for that, and those without a length count as the largest', async () => {
  expect((await post(4 * MIB))[0]).toBe(413)
  const slow = connect(Number(new URL(address).port), '127.0.0.1')
  slow.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n')
  await until(() => begun > 1 || undefined)
  expect((await post(2 * MIB))[0]).toBe(429)
  slow.destroy()
})
