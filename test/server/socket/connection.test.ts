import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
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
function heard(
  events: readonly RunEventBody[],
  { features = {}, unsent = 0 }: { features?: Record<string, unknown>; unsent?: number } = {},
): string[] {
  const sent: (string | Uint8Array)[] = []
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: unsent,
    on: () => undefined,
    send: (bytes: string | Uint8Array) => sent.push(bytes),
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
  return sent.flatMap((item) => {
    if (typeof item !== 'string') return [decodeFrame(item).type]
    const { type, data, sequence } = JSON.parse(item)
    if (type !== 'executing') return []
    expect(data).toEqual({ node: data.node, display_node: data.node, prompt_id: 'run' })
    return [`> ${data.node}${sequence === undefined ? '' : ` (${sequence})`}`]
  })
}

test('a client that is behind gets no pictures of what is being made, but whole ones all the same', () => {
  expect(heard([started('9'), preview('9'), whole('9')], { unsent: 32 << 20 })).toEqual(['> 9', 'preview'])
  expect(heard([started('9'), started('10'), preview('9')], { unsent: 32 << 20 })).toEqual(['> 9', '> 10'])
})

describe('frames of branches that run at once', () => {
  const events = [started('9'), started('10'), whole('9'), whole('9'), preview('10'), line('9'), line('9')]

  test('follow the name of their node, so that ComfyUI’s clients take them for its', () => {
    expect(heard(events)).toEqual([
      '> 9',
      '> 10',
      ...['> 9', 'preview', 'preview'],
      ...['> 10', 'preview'],
      ...['> 9', 'text', 'text'],
    ])
  })

  test('name it themselves to a client that can read that', () => {
    expect(heard(events, { features: { supports_preview_metadata: true } })).toEqual([
      '> 9',
      '> 10',
      ...['previewWithMetadata', 'previewWithMetadata', 'previewWithMetadata', 'text', 'text'],
    ])
  })

  test('are not passed over by a client that comes back after the name', () => {
    expect(heard([started('9'), started('10'), whole('9')], { features: { supports_sequence: true } })).toEqual([
      '> 9 (1)',
      '> 10 (3)',
      ...['> 9', 'preview'],
    ])
  })

  test('of nodes one after the other bring nothing but themselves', () => {
    expect(heard([started('9'), preview('9'), whole('9'), started('10'), whole('10')])).toEqual([
      ...['> 9', 'preview', 'preview'],
      ...['> 10', 'preview'],
    ])
  })
})
