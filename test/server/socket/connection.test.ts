import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { RunEventBody } from '../../../server/protocol/events.ts'
import { decodeFrame } from '../../../server/protocol/frames.ts'
import { Connection } from '../../../server/socket/connection.ts'
import { Narrator } from '../../../server/socket/narrator.ts'

const started = (node: string): RunEventBody => ({ type: 'node_started', node })
const preview = (node: string): RunEventBody => ({
  type: 'node_preview',
  node,
  format: 'image/jpeg',
  bytes: Uint8Array.of(1),
})
/** What SaveImageWebsocket does. */
const whole = (node: string): RunEventBody => ({ ...preview(node), format: 'image/png' }) as RunEventBody
const line = (node: string): RunEventBody => ({ type: 'node_text', node, text: 'half way' })

/** What a client hears of `executing` and of frames: nodes as `> 9`, frames by their type, JSON text as it is. */
async function heard(
  events: readonly RunEventBody[],
  { features = {}, unsent = 0 }: { features?: Record<string, unknown>; unsent?: number } = {},
): Promise<string[]> {
  const sent: (string | Uint8Array)[] = []
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: unsent,
    on: () => undefined,
    send: (bytes: string | Uint8Array, _options: object, done: () => void) => {
      sent.push(bytes)
      done()
    },
  }
  const stream = { cork: () => undefined, uncork: () => undefined }
  const connection = new Connection(socket as unknown as WebSocket, stream as Duplex, 'me')
  connection.features = features
  const prompt = { 9: { class_type: 'Fake', inputs: {} }, 10: { class_type: 'Fake', inputs: {} } }
  const narrator = new Narrator({
    id: 'run',
    number: 0,
    sequence: 0,
    delivery: 'files',
    shape: { classes: {}, bytes: 0 },
    clientId: 'me',
    prompt,
  })
  const tellings = events.flatMap((event, time) => narrator.tell({ runId: 'run', sequence: time, time, ...event }))
  for (const [sequence, telling] of tellings.entries()) connection.tell({ sequence, telling })
  await setImmediate()
  return sent.flatMap((item) => {
    if (typeof item !== 'string') return [decodeFrame(item).type]
    const { type, data, sequence } = JSON.parse(item)
    if (type !== 'executing') return []
    expect(data).toEqual({ node: data.node, display_node: data.node, prompt_id: 'run' })
    return [`> ${data.node}${sequence === undefined ? '' : ` (${sequence})`}`]
  })
}

test('a client that is behind gets no pictures of what is being made, but whole ones all the same', async () => {
  expect(await heard([started('9'), preview('9'), whole('9')], { unsent: 32 << 20 })).toEqual(['> 9', 'preview'])
  expect(await heard([started('9'), started('10'), preview('9')], { unsent: 32 << 20 })).toEqual(['> 9', '> 10'])
})

describe('frames of branches that run at once', () => {
  const events = [started('9'), started('10'), whole('9'), whole('9'), preview('10'), line('9'), line('9')]

  test('follow the name of their node, so that ComfyUI’s clients take them for its', async () => {
    expect(await heard(events)).toEqual([
      '> 9',
      '> 10',
      ...['> 9', 'preview', 'preview'],
      ...['> 10', 'preview'],
      ...['> 9', 'text', 'text'],
    ])
  })

  test('name it themselves to a client that can read that', async () => {
    expect(await heard(events, { features: { supports_preview_metadata: true } })).toEqual([
      '> 9',
      '> 10',
      ...['previewWithMetadata', 'previewWithMetadata', 'previewWithMetadata', 'text', 'text'],
    ])
  })

  test('are not passed over by a client that comes back after the name', async () => {
    expect(await heard([started('9'), started('10'), whole('9')], { features: { supports_sequence: true } })).toEqual([
      '> 9 (1)',
      '> 10 (3)',
      ...['> 9', 'preview'],
    ])
  })

  test('of nodes one after the other bring nothing but themselves', async () => {
    expect(await heard([started('9'), preview('9'), whole('9'), started('10'), whole('10')])).toEqual([
      ...['> 9', 'preview', 'preview'],
      ...['> 10', 'preview'],
    ])
  })
})

test('a client that takes a large picture slowly is not taken for dead, and one that takes nothing is', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13'
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`)
  const [socket, request] = (await once(sockets, 'connection')) as [WebSocket, { socket: Duplex }]
  const connection = new Connection(socket, request.socket, 'slow')
  const frame = { type: 'result', metadata: {} as never, bytes: new Uint8Array(64 << 20) } as const
  connection.tell({ sequence: 0, telling: { kind: 'frame', frame, of: { node: '1' } } })
  let received = 0
  let isReading = true
  client.on('data', ({ length }) => {
    received += length
    client.pause()
    setTimeout(() => isReading && client.resume(), length >> 16)
  })
  const open = async (looks: number) => {
    for (let look = 0; look < looks; look++) {
      await sleep(100)
      connection.checkHealth()
    }
    return socket.readyState === socket.OPEN
  }
  expect(await open(5)).toBe(true)
  expect(received).toBeLessThan(64 << 20)
  isReading = false
  await sleep(100)
  expect(await open(3)).toBe(false)
  client.destroy()
  sockets.close()
  server.close()
})
