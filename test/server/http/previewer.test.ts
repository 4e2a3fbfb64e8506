import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { Previewer } from '../../../server/http/previewer.ts'

let folder: string
let path: string
let previewer: Previewer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-previewer-'))
  path = join(folder, 'a.png')
  await sharp({ create: { width: 3, height: 2, channels: 3, background: '#204060' } }).toFile(path)
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(() => {
  previewer = new Previewer(join(folder, 'pyramids'))
})
afterEach(() => {
  vi.useRealTimers()
  previewer.close()
})

const width = async () => (await previewer.facts({ path, maxPixels: 100 })).width

test('a process that cannot be started fails what was asked for, and the next request tries again', async () => {
  const { execPath } = process
  process.execPath = '/nowhere/node'
  const asked = [width(), width()]
  process.execPath = execPath
  for (const one of asked) await expect(one).rejects.toThrow('spawn /nowhere/node ENOENT')
  expect(await width()).toBe(3)
})

test('what is asked for while an idle process is ending is answered by another one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  expect(await width()).toBe(3)
  vi.advanceTimersByTime(120_000)
  expect(await width()).toBe(3)
})

describe('pictures that many ask for at once', () => {
  const entry = join(import.meta.dirname, 'counting-process.mjs')
  const counting = () => new Previewer(join(folder, 'pyramids'), { entry, execArgv: [] })
  const ask = (counter: Previewer, signal?: AbortSignal) => counter.facts({ path, maxPixels: 100 }, signal)

  test('are decoded a few at a time', async () => {
    const counter = counting()
    const open = await Promise.all(Array.from({ length: 50 }, () => ask(counter)))
    expect(Math.max(...open.map(({ width }) => width))).toBe(4)
    counter.close()
  })

  test('do not keep headers and tiles waiting', async () => {
    const counter = counting()
    const large = Array.from({ length: 5 }, () => counter.reduced({ path, size: 100, maxPixels: 100 }))
    const tile = { path, level: 0, column: 0, row: 0, maxPixels: 100 }
    await Promise.all([ask(counter), counter.tile(tile)])
    counter.close()
    for (const one of large) await expect(one).rejects.toThrow('the process that decodes it ended')
  })

  test('are not decoded for clients that have gone, nor after the end', async () => {
    const counter = counting()
    const gone = new AbortController()
    const asked = Array.from({ length: 9 }, (_, i) => ask(counter, i < 8 ? gone.signal : undefined))
    gone.abort(new Error('gone'))
    const answered = await Promise.allSettled(asked)
    expect(answered.map(({ status }) => status === 'fulfilled')).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i < 4 || i === 8),
    )
    const late = Array.from({ length: 9 }, () => ask(counter))
    counter.close()
    for (const one of late) await expect(one).rejects.toThrow('the process that decodes it ended')
  })
})
