import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { Frame } from '../../../server/protocol/frames.ts'
import { Connection } from '../../../server/socket/connection.ts'

const picture = (image_type: 'image/jpeg' | 'image/png'): Frame => ({
  type: 'previewWithMetadata',
  metadata: {
    node_id: '1',
    prompt_id: 'run',
    display_node_id: '1',
    parent_node_id: null,
    real_node_id: '1',
    image_type,
  },
  bytes: Uint8Array.of(1),
})

test('a client that is behind gets no pictures of what is being made, but whole ones all the same', () => {
  const sent: Uint8Array[] = []
  const socket = {
    OPEN: 1,
    readyState: 1,
    bufferedAmount: 32 << 20,
    on: () => undefined,
    send: (bytes: Uint8Array) => sent.push(bytes),
  }
  const connection = new Connection(socket as unknown as WebSocket, {} as Duplex, 'slow')
  connection.sendFrame(picture('image/jpeg'))
  connection.sendFrame(picture('image/png'))
  expect(sent.map((bytes) => [...bytes])).toEqual([[0, 0, 0, 1, 0, 0, 0, 2, 1]])
})
