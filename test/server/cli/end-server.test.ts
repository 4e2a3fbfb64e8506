import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, test } from 'vitest'
import { gracefulEnd } from '../../../server/cli/end-server.ts'

async function serve(answer: RequestListener) {
  const server = createServer()
  const end = gracefulEnd(server)
  server.on('request', answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  /** How long the end takes, in ms. */
  const ends = async (grace: number) => {
    const started = performance.now()
    await end(grace)
    return performance.now() - started
  }
  return { port, ends }
}

test('who never reads is not waited for longer than a while', async () => {
  const { port, ends } = await serve((_request, response) => response.write(new Uint8Array(64 << 20)))
  const response = await fetch(`http://127.0.0.1:${port}`)
  expect(await ends(300)).toBeGreaterThan(250)
  await expect(response.arrayBuffer()).rejects.toThrow()
})

test('who has been answered, or has not asked yet, is not waited for', async () => {
  const { port, ends } = await serve((_request, response) => response.end('answered'))
  await (await fetch(`http://127.0.0.1:${port}`)).text()
  const ahead = connect(port, '127.0.0.1')
  ahead.on('error', () => undefined)
  await once(ahead, 'connect')
  expect(await ends(30_000)).toBeLessThan(5000)
})
