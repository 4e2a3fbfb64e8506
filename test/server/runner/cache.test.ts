import { expect, test } from 'vitest'
import { ResultCache, sizeOf } from '../../../server/runner/cache.ts'

const result = (bytes: number) => ({ outputs: [[{ frames: [{ data: new Uint8Array(bytes) }] }]], ui: null })

test('buffers are counted once however often they occur', () => {
  const data = new Float32Array(100)
  expect(sizeOf([[{ data }, { data: data.subarray(10) }], { deep: { data: new Uint8Array(7) } }])).toBe(407)
})

test('the cache never holds more than its budget, and nothing that alone exceeds it', () => {
  const cache = new ResultCache(100_000)
  for (let i = 0; i < 50; i++) {
    cache.set(`s${i}`, result(1000 * (i % 20)), i)
    expect(cache.bytes).toBeLessThanOrEqual(100_000)
  }
  cache.set('huge', result(200_000), 1)
  expect(cache.get('huge')).toBeUndefined()
})

test('what was dear to compute outlives what was cheap', () => {
  const cache = new ResultCache(100_000)
  cache.set('dear', result(20_000), 10_000)
  for (let i = 0; i < 20; i++) cache.set(`cheap ${i}`, result(20_000), 1)
  expect(cache.get('dear')).toBeDefined()
  expect(cache.get('cheap 0')).toBeUndefined()
})

test('clearing gives everything back', () => {
  const cache = new ResultCache(100_000)
  cache.set('a', result(5000), 1)
  cache.clear()
  expect(cache.bytes).toBe(0)
  expect(cache.get('a')).toBeUndefined()
})
