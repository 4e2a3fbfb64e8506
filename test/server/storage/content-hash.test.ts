import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { contentHash } from '../../../server/storage/content-hash.ts'

test.each([0, 1, 1 << 18, (1 << 18) + 1, 3_000_000])(
  '%d bytes have the hash that they have in one piece',
  async (size) => {
    const bytes = Buffer.alloc(size, 'content')
    expect(await contentHash(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
  },
)

test('while a large content is hashed, everything else goes on', async () => {
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await contentHash(new Uint8Array(8 << 20))
  isDone = true
  expect(turns).toBeGreaterThan(20)
})
