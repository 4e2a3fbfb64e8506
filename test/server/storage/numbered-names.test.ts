import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freeNumber, isNumbered } from '../../../server/storage/numbered-names.ts'

test('a free number is found whichever are taken, the next one where none is missing, with few questions', async () => {
  const taken = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 50 })
  await fc.assert(
    fc.asyncProperty(taken, fc.integer({ min: 1, max: 70 }), async (numbers, first) => {
      const found = await freeNumber(first, async (number) => numbers.includes(number))
      expect(found).toBeGreaterThanOrEqual(first)
      expect(numbers).not.toContain(found)
      if (found > first) expect(numbers).toContain(found - 1)
    }),
  )
  let questions = 0
  const found = await freeNumber(1, async (number) => {
    questions++
    return number <= 500_000
  })
  expect(found).toBe(500_001)
  expect(questions).toBeLessThan(45)
})

test.each([
  ['a.png', 'a.png', true],
  ['a (12).png', 'a.png', true],
  ['a (1)', 'a', true],
  ['a (1).png', 'a.jpg', false],
  ['a (x).png', 'a.png', false],
  ['ab (1).png', 'a.png', false],
  ['a.png', 'a (1).png', false],
  ['b (1).png', 'a/b.png', false],
])('%j numbers %j: %j', (name, other, expected) => {
  expect(isNumbered(name, other)).toBe(expected)
})
