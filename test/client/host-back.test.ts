import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Address } from '../../client/host/address.ts'
import { Host } from '../../client/host/host.ts'

const storage = { getItem: () => null, setItem: () => {} } as unknown as Storage
const host = new Host(new Address(new URL('http://host/'), storage), 'client')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a host that is away is asked after longer and longer pauses, until it answers whatever', async () => {
  const asked: number[] = []
  vi.stubGlobal('fetch', async () => {
    asked.push(Date.now() - begun)
    if (asked.length < 4) throw new TypeError('Failed to fetch')
    return new Response('{"status": "starting"}', { status: 503 })
  })
  const begun = Date.now()
  const back = host.back(new AbortController().signal)
  await vi.advanceTimersByTimeAsync(60_000)
  await back
  expect(asked).toEqual([500, 1500, 3500, 7500])
})

test('who waits for a host can give up', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  const stop = new AbortController()
  const back = host.back(stop.signal)
  stop.abort(new Error('enough'))
  await expect(back).rejects.toThrow('enough')
  await expect(host.back(stop.signal)).rejects.toThrow('enough')
})
