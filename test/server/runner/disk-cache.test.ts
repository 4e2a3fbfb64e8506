import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ResultCache } from '../../../server/runner/cache.ts'
import { DiskCache, type DiskCacheOptions } from '../../../server/runner/disk-cache.ts'
import { LayeredCache } from '../../../server/runner/layered-cache.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const signature = (n: number) => n.toString(16).padStart(64, '0')
const result = (bytes: number, fill = 1) => ({
  outputs: [[{ frames: [{ width: bytes, height: 1, channels: 1, data: new Uint8Array(bytes).fill(fill) }] }]],
  ui: null,
})

function open(options: Partial<DiskCacheOptions> = {}) {
  return new DiskCache({
    folder,
    budget: 10e6,
    version: async () => 'a'.repeat(64),
    onTrouble: (error) => {
      throw error
    },
    ...options,
  })
}

const files = async () => (await readdir(folder)).filter((name) => !name.startsWith('.'))
const onDisk = async () => {
  const sizes = await Promise.all((await files()).map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe('results on disk', () => {
  test('outlive the process, with what it took to compute them', async () => {
    const before = open()
    before.set(signature(1), { ...result(1000), inner: [{ suffix: '.0.0.x', ui: { text: ['shown'] } }] }, 500)
    before.set(signature(2), result(2000), 600)
    await before.settled()
    const after = open()
    expect(await after.get(signature(1))).toEqual({
      result: { ...result(1000), inner: [{ suffix: '.0.0.x', ui: { text: ['shown'] } }] },
      cost: 500,
    })
    expect((await after.getShowing(signature(1)))?.result.inner).toHaveLength(1)
    expect(after.getShowing(signature(2))).toBeUndefined()
    expect(after.get(signature(3))).toBeUndefined()
    expect(after.bytes).toBe(await onDisk())
  })

  test('are not found by code of another version', async () => {
    const before = open()
    before.set(signature(1), result(1000), 500)
    await before.settled()
    expect(await open({ version: async () => 'b'.repeat(64) }).get(signature(1))).toBeUndefined()
    expect(await open().get(signature(1))).toBeDefined()
  })

  test('are kept only where computing takes longer than reading', async () => {
    const cache = open({ budget: 100e6 })
    cache.set(signature(1), result(1000), 5)
    cache.set(signature(2), result(50e6), 100)
    cache.set(signature(3), result(1000), 25)
    await cache.settled()
    expect((await files()).map((name) => name.slice(17, 81))).toEqual([signature(3)])
  })

  test('never take more than their budget; what is dear and what was used stays', async () => {
    let now = Date.now()
    const cache = open({ budget: 1e6, now: () => now })
    cache.set(signature(0), result(200_000), 100_000)
    for (let i = 1; i <= 20; i++) {
      now += 3_600_000
      cache.set(signature(i), result(200_000), 100)
      await cache.settled()
      await cache.get(signature(1))
      expect(await onDisk()).toBeLessThanOrEqual(1e6)
      expect(cache.bytes).toBe(await onDisk())
    }
    expect(await cache.get(signature(0))).toBeDefined()
    expect(await cache.get(signature(1))).toBeDefined()
    expect(await cache.get(signature(2))).toBeUndefined()
    expect(await cache.get(signature(20))).toBeDefined()
    const smaller = open({ budget: 300_000, now: () => now })
    await smaller.get(signature(0))
    expect(await onDisk()).toBeLessThanOrEqual(300_000)
    expect(await smaller.get(signature(0))).toBeDefined()
  })

  test('that are damaged or gone are as if they had never been there', async () => {
    const before = open()
    for (let i = 0; i < 3; i++) before.set(signature(i), result(1000), 500)
    await before.settled()
    const [cut, changed, gone] = (await files()).sort()
    const bytes = await readFile(join(folder, changed!))
    bytes[bytes.length - 100]! ^= 1
    await writeFile(join(folder, changed!), bytes)
    await writeFile(join(folder, cut!), '')
    const after = open()
    await after.get(signature(9))
    await rm(join(folder, gone!))
    for (let i = 0; i < 3; i++) expect(await after.get(signature(i))).toBeUndefined()
    expect(await files()).toEqual([])
    expect(after.bytes).toBe(0)
  })

  test('of a write that a crash cut off are cleared away, what is not ours stays', async () => {
    const half = (n: number) => `${'a'.repeat(16)}-${signature(n)}-5.77.part`
    for (const name of [half(1), half(2), 'README']) await writeFile(join(folder, name), 'half')
    await utimes(join(folder, half(1)), 1, 1)
    await utimes(join(folder, 'README'), 1, 1)
    await open().get(signature(1))
    // The other one may be under way in another process.
    expect((await files()).sort()).toEqual(['README', half(2)].sort())
  })

  test('are forgotten when the cache is cleared, those that wait to be written too', async () => {
    const cache = open()
    cache.set(signature(1), result(1000), 500)
    await cache.settled()
    cache.set(signature(2), result(1000), 500)
    const cleared = cache.clear()
    expect(cache.get(signature(1))).toBeUndefined()
    await cleared
    expect(await files()).toEqual([])
    expect(cache.bytes).toBe(0)
    const later = open()
    cache.set(signature(2), result(1000), 500)
    await cache.settled()
    await later.clear()
    expect(later.get(signature(2))).toBeUndefined()
    cache.set(signature(3), result(1000), 500)
    await cache.settled()
    expect(await cache.get(signature(3))).toBeDefined()
  })

  test('that cannot be written are told of and missed by nobody', async () => {
    const troubles: unknown[] = []
    await writeFile(join(folder, 'file'), '')
    const cache = open({ folder: join(folder, 'file', 'no-folder'), onTrouble: (error) => troubles.push(error) })
    cache.set(signature(1), result(1000), 500)
    await cache.settled()
    expect(troubles.length).toBeGreaterThan(0)
    expect(await cache.get(signature(1))).toBeUndefined()
  })

  test('lie behind those in memory, and are in memory once they were read', async () => {
    const before = open()
    before.set(signature(1), result(1000), 500)
    await before.settled()
    const memory = new ResultCache(1e6)
    const cache = new LayeredCache(memory, open())
    expect(await cache.get(signature(1))).toEqual(result(1000))
    expect(memory.get(signature(1))).toEqual(result(1000))
    expect(cache.get(signature(1))).not.toBeInstanceOf(Promise)
    await cache.clear()
    expect(await cache.get(signature(1))).toBeUndefined()
  })
})
