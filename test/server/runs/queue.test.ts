import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RunQueue } from '../../../server/runs/queue.ts'

const run = (number: number, sequence: number) => ({
  id: `${sequence}`,
  number,
  sequence,
  delivery: 'files' as const,
  clientId: undefined,
  shape: { classes: {}, bytes: 0 },
})

test('runs start by number, and in order of submission among equal numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 })), (numbers) => {
      const queue = new RunQueue()
      for (const [sequence, number] of numbers.entries()) queue.add(run(number, sequence))
      const taken = Array.from(numbers, () => {
        const next = queue.next(() => true)!
        queue.take(next)
        return next
      })
      expect([queue.size, queue.has('0')]).toEqual([0, false])
      const expected = numbers.map(run).sort((a, b) => a.number - b.number || a.sequence - b.sequence)
      expect(taken).toEqual(expected)
    }),
  )
})

test('the next that may start goes before others that may not', () => {
  const queue = new RunQueue()
  for (let i = 0; i < 4; i++) queue.add(run(0, i))
  const odd = queue.next(({ sequence }) => sequence % 2 === 1)!
  queue.take(odd)
  expect([odd.id, ...queue.ids()]).toEqual(['1', '0', '2', '3'])
  expect(queue.next(() => false)).toBeUndefined()
})

test('what is removed does not start', () => {
  const queue = new RunQueue()
  for (let i = 0; i < 5; i++) queue.add(run(0, i))
  expect(queue.remove(['1', '3', 'unknown'])).toEqual(['1', '3'])
  expect(queue.ids()).toEqual(['0', '2', '4'])
  expect(queue.has('1')).toBe(false)
  expect(queue.size).toBe(3)
})
