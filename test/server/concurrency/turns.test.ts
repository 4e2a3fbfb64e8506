import { expect, test } from 'vitest'
import { Deferred } from '../../../server/concurrency/deferred.ts'
import { Turns } from '../../../server/concurrency/turns.ts'

/** Works that end when they are told to, and which of them have begun. */
function works(turns: Turns) {
  const begun: string[] = []
  const begin = (name: string, signal?: AbortSignal) => {
    const end = new Deferred<string>()
    const work = () => {
      begun.push(name)
      return end.promise
    }
    return { end, done: turns.take(work, signal) }
  }
  return { begun, begin }
}

test('no more than so many works are under way, and those that wait begin in their order', async () => {
  const { begun, begin } = works(new Turns(2))
  const [a, b, c, d] = [begin('a'), begin('b'), begin('c'), begin('d')]
  expect(begun).toEqual(['a', 'b'])
  b.end.resolve('second')
  expect(await b.done).toBe('second')
  await expect.poll(() => begun).toEqual(['a', 'b', 'c'])
  c.end.reject(new Error('failed'))
  await expect(c.done).rejects.toThrow('failed')
  await expect.poll(() => begun).toEqual(['a', 'b', 'c', 'd'])
  for (const { end } of [a, d]) end.resolve('last')
  await Promise.all([a.done, d.done])
  const [e, f] = [begin('e'), begin('f')]
  expect(begun.slice(4)).toEqual(['e', 'f'])
  for (const { end } of [e, f]) end.resolve('')
})

test('what nobody waits for any more is never begun, and keeps nobody from a turn', async () => {
  const { begun, begin } = works(new Turns(1))
  const gone = new AbortController()
  const [a, b, c] = [begin('a', gone.signal), begin('b', gone.signal), begin('c')]
  const reason = new Error('gone')
  gone.abort(reason)
  await expect(b.done).rejects.toBe(reason)
  await expect(begin('late', gone.signal).done).rejects.toBe(reason)
  a.end.resolve('a')
  expect(await a.done).toBe('a')
  await expect.poll(() => begun).toEqual(['a', 'c'])
  c.end.resolve('c')
})
