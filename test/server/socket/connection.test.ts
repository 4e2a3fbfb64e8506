import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { RunEventBody } from '../../../server/protocol/events.ts'
import { decodeFrame } from '../../../server/protocol/frames.ts'
import { Connection } from '../../../server/socket/connection.ts'
import { narratorOf } from '../narration/narrator-of.ts'

const started = (node: string): RunEventBody => ({ type: 'node_started', node })
const preview = (node: string): RunEventBody => ({
  type: 'node_preview',
  node,
  format: 'image/jpeg',
  bytes: Uint8Array.of(1),
})
/** What SaveImageWebsocket does. */
const whole = (node: string): RunEventBody => ({ ...preview(node), format: 'image/png' }) as RunEventBody
const line = (node: string): RunEventBody => ({ type: 'node_text', node, text: 'half way', isWarning: false })

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
  const connection = new Connection(socket as unknown as WebSocket, stream as unknown as Socket, 'me')
  connection.features = features
  const prompt = { 9: { class_type: 'Fake', inputs: {} }, 10: { class_type: 'Fake', inputs: {} } }
  const narrator = narratorOf(prompt)
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

/** A socket whose client takes what it is sent when the test says so. */
class SlowSocket {
  readonly OPEN = 1
  readyState = 1
  isPaused = false
  readonly sent: { readonly length: number; readonly isLast: boolean }[] = []
  readonly #unsent: { readonly length: number; readonly done: () => void }[] = []
  readonly stream = { cork: () => undefined, uncork: () => undefined, bytesRead: 0 }
  readonly connection: Connection

  constructor() {
    this.connection = new Connection(this as unknown as WebSocket, this.stream as unknown as Socket, 'slow')
    this.connection.features = { supports_preview_metadata: true }
  }

  get bufferedAmount(): number {
    return this.#unsent.reduce((sum, { length }) => sum + length, 0)
  }

  on(): void {}

  ping(): void {}

  send({ length }: Uint8Array | string, { fin }: { fin: boolean }, done: () => void): void {
    this.sent.push({ length, isLast: fin })
    this.#unsent.push({ length, done })
  }

  terminate(): void {
    this.readyState = 3
  }

  async take(parts: number): Promise<void> {
    for (let i = 0; i < parts; i++) {
      this.#unsent.shift()?.done()
      await setImmediate()
    }
  }

  tell(bytes: Uint8Array): void {
    const frame = { type: 'result', metadata: {} as never, bytes } as const
    this.connection.tell({ sequence: 0, telling: { kind: 'frame', frame, of: { node: '1' } } })
  }
}

const MINUTE = 4

test('a client that takes a large picture slowly is not taken for dead, and one that takes nothing for a minute is', async () => {
  const socket = new SlowSocket()
  socket.tell(new Uint8Array(4 << 20))
  for (let look = 0; look < 5 * MINUTE; look++) {
    await socket.take(2)
    socket.connection.checkHealth()
  }
  expect(socket.readyState).toBe(socket.OPEN)
  const taken = socket.sent.reduce((sum, { length }) => sum + length, 0)
  expect(taken).toBeLessThan(4 << 20)
  await socket.take(100)
  expect(socket.sent.map(({ isLast }) => isLast).indexOf(true)).toBe(socket.sent.length - 1)
  for (let look = 0; look < MINUTE; look++) socket.connection.checkHealth()
  expect(socket.readyState).toBe(socket.OPEN)
  socket.connection.checkHealth()
  expect(socket.readyState).not.toBe(socket.OPEN)
})

test('a client that answers, or sends a large picture slowly, is not taken for dead', () => {
  const socket = new SlowSocket()
  for (let look = 0; look < 5 * MINUTE; look++) {
    if (look % MINUTE === 0) socket.stream.bytesRead += 6
    socket.connection.checkHealth()
  }
  expect(socket.readyState).toBe(socket.OPEN)
})

test('a socket ends over what cannot be encoded, so that nobody waits for it', async () => {
  const socket = new SlowSocket()
  socket.tell({ length: Number.MAX_SAFE_INTEGER } as Uint8Array)
  await setImmediate()
  expect(socket.readyState).not.toBe(socket.OPEN)
})
