import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { endServer } from '../../../server/cli/end-server.ts'

test('who never reads is not waited for longer than a while', async () => {
  const server = createServer((_request, response) => response.write(new Uint8Array(64 << 20))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as { port: number }
  const response = await fetch(`http://127.0.0.1:${address.port}`)
  const started = performance.now()
  await endServer(server, 300)
  expect(performance.now() - started).toBeLessThan(2000)
  await expect(response.arrayBuffer()).rejects.toThrow()
})
