import { expect, test } from 'vitest'
import { MemoryBudget } from '../../../server/cli/memory-budget.ts'

/** Works of so many bytes that end when they are told to; what of them has begun. */
function works(budget: MemoryBudget, ...bytes: number[]) {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const done = bytes.map((each, i) =>
    budget.use(each, () => {
      begun.push(i)
      return new Promise<void>((resolve, reject) => {
        ends[i] = i === 0 ? resolve : () => reject(new Error('failed'))
      })
    }),
  )
  return { begun, done, end: (i: number) => ends[i]!() }
}

test('works begin in their order as there is room for them, also after one that failed', async () => {
  const { begun, done, end } = works(new MemoryBudget(100), 60, 30, 20, 5)
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1])
  end(1)
  await expect(done[1]).rejects.toThrow('failed')
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 2, 3])
})

test('one that needs more than there is begins alone', async () => {
  const { begun, done, end } = works(new MemoryBudget(100), 50, 500, 1)
  await new Promise(setImmediate)
  expect(begun).toEqual([0])
  end(0)
  await done[0]
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1])
  end(1)
  await expect(done[1]).rejects.toThrow('failed')
  await new Promise(setImmediate)
  expect(begun).toEqual([0, 1, 2])
})
