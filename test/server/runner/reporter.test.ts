import { expect, test, vi } from 'vitest'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { Reporter } from '../../../server/runner/reporter.ts'
import { only } from './runs.ts'

const frame = (data: Uint8Array) => ({ frames: [{ width: 1024, height: 256, channels: 3 as const, data }] })

test('previews are small JPEGs, and few', async () => {
  const events: RunEvent[] = []
  const reporter = new Reporter('run', (event) => events.push(event))
  for (let i = 1; i <= 5; i++) reporter.progress('node', i, 5, frame(new Uint8Array(1024 * 256 * 3)))
  await vi.waitUntil(() => only(events, 'node_preview').length > 0, 20_000)
  const [preview, ...more] = only(events, 'node_preview')
  expect(more).toEqual([])
  expect(preview!.format).toBe('image/jpeg')
  expect([...preview!.bytes.subarray(0, 2)]).toEqual([0xff, 0xd8])
})

test('a preview that cannot be encoded costs nothing, and the next one is tried', async () => {
  const events: RunEvent[] = []
  const reporter = new Reporter('run', (event) => events.push(event))
  reporter.progress('node', 1, 2, frame(new Uint8Array(1)))
  await vi.waitUntil(() => {
    reporter.progress('node', 1, 2, frame(new Uint8Array(1024 * 256 * 3)))
    return only(events, 'node_preview').length > 0
  }, 20_000)
  expect(only(events, 'node_preview')).toHaveLength(1)
})
