import { expect, test } from 'vitest'
import { ahead } from '../../../nodes/pixels/ahead.ts'

/** Pieces of work that end when they are told to; `begun` and `ended` say which were and in what order. */
function pieces() {
  const begun: number[] = []
  const ended: number[] = []
  const ends: (() => void)[] = []
  const work = async (index: number): Promise<number> => {
    begun.push(index)
    await new Promise<void>((resolve) => {
      ends[index] = resolve
    })
    ended.push(index)
    return 10 * index
  }
  return { begun, ended, work, end: (index: number) => ends[index]!() }
}

test('so many pieces are under way at once, also while a result is used; results come in order', async () => {
  const { begun, work, end } = pieces()
  const results = ahead(5, 2, work)
  const first = results.next()
  expect(begun).toEqual([0, 1])
  end(1)
  end(0)
  expect((await first).value).toBe(0)
  expect(begun).toEqual([0, 1, 2])
  expect((await results.next()).value).toBe(10)
  expect(begun).toEqual([0, 1, 2, 3])
  await Promise.all([results.return(undefined), end(2), end(3)])
  expect(begun).toEqual([0, 1, 2, 3])
})

test('nothing is under way any more when one has failed', async () => {
  const { ended, work, end } = pieces()
  const failing = async (index: number) => {
    if (index === 0) throw new Error('the first fails')
    return work(index)
  }
  let isOver = false
  const over = ahead(4, 3, failing)
    .next()
    .finally(() => {
      isOver = true
    })
  end(2)
  await new Promise(setImmediate)
  expect(isOver).toBe(false)
  end(1)
  await expect(over).rejects.toThrow('the first fails')
  expect(ended).toEqual([2, 1])
})

test('without work there is no result', async () => {
  expect(await ahead(0, 2, () => Promise.reject(new Error('unwanted'))).next()).toMatchObject({ done: true })
})
