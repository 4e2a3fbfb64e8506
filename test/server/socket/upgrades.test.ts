import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { answerUpgrades } from '../../../server/socket/upgrades.ts'

const policy = { listen: '127.0.0.1', tokens: ['secret-token'], hostNames: [], origins: [] }
const accept = vi.fn()

let server: Server
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  answerUpgrades(server, policy, accept)
  await once(server, 'listening')
})
afterEach(() => {
  expect(accept).not.toHaveBeenCalled()
  server.close()
})

/** A connection of which an upgrade was refused. */
async function refused(path: string, status: number): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  const [answer] = await once(client, 'data')
  expect(String(answer)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  return client
}

const open = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))

test('a client that was refused and says one more thing before it goes leaves nothing behind', async () => {
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? refused('/ws', 401) : refused('/elsewhere', 404))),
  )
  for (const client of clients) client.end('x')
  await expect.poll(open, { timeout: 900 }).toBe(0)
})

test('a client that was refused and does not go is not waited for', async () => {
  const client = await refused('/ws?token=wrong', 401)
  // One that hears the end of the answer and does not say the same.
  client.allowHalfOpen = true
  client.pause()
  await expect.poll(open, { timeout: 2000 }).toBe(0)
  client.destroy()
})
