import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Response } from 'express'
import { expect, test } from 'vitest'
import { EventStream } from '../../../server/http/event-stream.ts'
import { encodeFrame, type Frame } from '../../../server/protocol/frames.ts'

/** A response, with what was written to it and whether it was cut off. */
class FakeResponse extends EventEmitter {
  readonly parts: string[] = []
  destroyed = false
  isEnded = false

  write(part: string): boolean {
    this.parts.push(String(part))
    return true
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function open() {
  const response = new FakeResponse()
  const stream = new EventStream(response as unknown as Response)
  const tell = (frame: Frame) => stream.tell({ sequence: 7, telling: { kind: 'frame', frame, of: { node: '1' } } })
  return { response, stream, tell }
}

const result = (bytes: Uint8Array): Frame => ({
  type: 'result',
  metadata: { prompt_id: 'run', node_id: '1', index: 0, filename: 'a.png', format: 'image/png' },
  bytes,
})

test('a result is encoded in pieces, so that it may be longer than a string can be, and comes as one event', () => {
  const { response, stream, tell } = open()
  const frame = result(Uint8Array.from({ length: 200_000 }, (_, i) => i % 251))
  tell(frame)
  stream.end()
  expect(Math.max(...response.parts.map(({ length }) => length))).toBeLessThanOrEqual(64 << 10)
  const [, data] = /^id: 7\nevent: frame\ndata: (.*)\n\n$/.exec(response.parts.join('')) ?? []
  expect(Buffer.from(JSON.parse(data!), 'base64').equals(encodeFrame(frame))).toBe(true)
  expect(response.isEnded).toBe(true)
})

test('one that cannot be encoded cuts the stream off, so that nobody waits for it', async () => {
  const { response, tell } = open()
  tell(result({ length: Number.MAX_SAFE_INTEGER } as Uint8Array))
  await setImmediate()
  expect(response.destroyed).toBe(true)
})
