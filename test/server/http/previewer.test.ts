import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
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
