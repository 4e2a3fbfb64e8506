import { expect, test } from 'vitest'
import { allResults, isFound, resultsOf } from '../../client/host/results.ts'
import type { RunEntry } from '../../client/host/run-list.ts'
import type { RunPage } from '../../client/host/run-pages.ts'

const file = (filename: string, type: 'output' | 'temp' = 'output') => ({ filename, subfolder: '', type })
const run = (id: number, ...pictures: readonly ReturnType<typeof file>[]) =>
  ({ id: String(id), pictures, title: `photo ${id}.jpg` }) as unknown as RunEntry

/** A history whose runs saved a picture each, the first of them the same as the second, as from the cache. */
const history = Array.from({ length: 120 }, (_, i) => run(i, file(`${Math.max(1, i)}.png`), file(`${i}.png`, 'temp')))
const page = (end = history.length): RunPage => {
  const start = Math.max(0, end - 50)
  return { runs: history.slice(start, end).reverse(), start, end }
}

test('all results are those of every run, each file once, whatever of the history is known', async () => {
  const names = async (known: RunPage, asked: number[] = []) => {
    const all: string[] = []
    const asking = async (end: number) => {
      asked.push(end)
      return page(end)
    }
    for await (const { file } of allResults(known, asking, stop.signal)) all.push(file.filename)
    return { all, asked }
  }
  const stop = new AbortController()
  const wanted = Array.from({ length: 119 }, (_, i) => `${119 - i}.png`)
  expect(await names(page())).toEqual({ all: wanted, asked: [70, 20] })
  const whole = { runs: [...history].reverse(), start: 0, end: 120 }
  expect(await names(whole)).toEqual({ all: wanted, asked: [] })
  stop.abort()
  expect((await names(page())).asked).toEqual([])
})

test('a result is found by its name and by that of what it was made of', () => {
  const [result] = resultsOf([run(7, file('Restored.png'))])
  expect(['restored', 'PHOTO 7', ''].map((text) => isFound(result!, text))).toEqual([true, true, true])
  expect(isFound(result!, 'photo 8')).toBe(false)
})
