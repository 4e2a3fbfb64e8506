import { expect, test } from 'vitest'
import { Batches, isOfOneFile, type Outcome } from '../../client/host/batches.ts'
import { HostError } from '../../client/sdk/errors.ts'

/** Batches whose pictures are sent when the test says so. */
function bench() {
  const said: string[] = []
  const batches = new Batches(() => {
    const { sent, total } = batches.sending ?? {}
    said.push(total === undefined ? 'over' : `${sent} of ${total}`)
  })
  const tried: string[] = []
  const ends: ((outcome: Outcome) => void)[] = []
  const begin = (...names: readonly string[]) =>
    batches.send(names, (name) => {
      tried.push(name)
      return new Promise((resolve) => ends.push(resolve))
    })
  const end = async (outcome: Outcome) => {
    ends.shift()!(outcome)
    await new Promise((resolve) => setTimeout(resolve))
  }
  return { batches, begin, end, tried, said }
}

test('pictures are sent one after another, and it is told how far that is', async () => {
  const { begin, end, tried, said } = bench()
  const result = begin('a', 'b', 'c')
  expect(tried).toEqual(['a'])
  for (const outcome of ['sent', 'failed', 'sent'] as const) await end(outcome)
  expect(await result).toEqual({ sent: 2, left: [], isStopped: false })
  expect(tried).toEqual(['a', 'b', 'c'])
  expect(said).toEqual(['0 of 3', '1 of 3', '1 of 3', 'over'])
})

test('what is stopped sends no more, and says what is left', async () => {
  const { batches, begin, end, tried } = bench()
  const result = begin('a', 'b', 'c')
  await end('sent')
  batches.stop()
  expect(batches.sending).toBeUndefined()
  await end('failed')
  expect(await result).toEqual({ sent: 1, left: ['b', 'c'], isStopped: true })
  expect(tried).toEqual(['a', 'b'])
})

test('what is stopped too late for one counts it as sent', async () => {
  const { batches, begin, end } = bench()
  const result = begin('a', 'b')
  batches.stop()
  await end('sent')
  expect(await result).toEqual({ sent: 1, left: ['b'], isStopped: true })
})

test('where no other would fare better, no other is tried', async () => {
  const { batches, begin, end, tried } = bench()
  const result = begin('a', 'b', 'c')
  await end('hopeless')
  expect(await result).toEqual({ sent: 0, left: ['a', 'b', 'c'], isStopped: false })
  expect([tried, batches.sending]).toEqual([['a'], undefined])
})

test('several batches are counted together, and each ends on its own', async () => {
  const { batches, begin, end } = bench()
  const first = begin('a', 'b')
  begin('c', 'd', 'e')
  await end('sent')
  expect(batches.sending).toEqual({ sent: 1, total: 5 })
  // Next is what the second began with.
  await end('hopeless')
  await end('sent')
  expect(await first).toEqual({ sent: 2, left: [], isStopped: false })
})

test('only what is wrong with the file leaves the others a chance', () => {
  const answers = (...all: readonly number[]) => all.map((status) => isOfOneFile(new HostError(status, 'No.')))
  expect(answers(400, 413)).toEqual([true, true])
  expect(answers(0, 401, 429, 500, 507)).toEqual([false, false, false, false, false])
  expect(isOfOneFile(new DOMException('The file is gone.', 'NotFoundError'))).toBe(true)
  expect(isOfOneFile(new Error('The graph cannot be run.'))).toBe(false)
})
