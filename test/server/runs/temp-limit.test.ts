import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FileReference } from '../../../nodes/sdk/context.ts'
import { RunStore } from '../../../server/runs/store.ts'
import { TempLimit } from '../../../server/runs/temp-limit.ts'
import { Storage, TEMP_NEW } from '../../../server/storage/storage.ts'
import { startFakeHost, until } from './fake-host.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temp-limit-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Files of 10 bytes each, one after the other. @returns when the last one was begun */
async function show(...names: string[]): Promise<number> {
  let time = 0
  for (const name of names) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await sleep(20)
    time = Date.now()
    await sleep(20)
    await writeFile(join(folder, name), '0123456789')
  }
  return time
}

const left = async () => (await readdir(folder, { recursive: true })).sort()

test('while a host runs the oldest of what was only shown goes, but nothing that came after an open run', async () => {
  const time = await show('a.png', 'deep/b.png', 'c.png')
  await show('d.png')
  let oldestOpen = time + TEMP_NEW
  const forgotten: FileReference[] = []
  const limit = new TempLimit({
    folder,
    runs: { oldestOpen: () => oldestOpen },
    fileIndex: { forget: (file) => forgotten.push(file) },
    log: () => undefined,
    most: 10,
    pause: 20,
  })
  await until(() => forgotten[1])
  await sleep(60)
  expect(await left()).toEqual(['c.png', 'd.png', 'deep'])
  expect(forgotten).toEqual([
    { type: 'temp', subfolder: '', filename: 'a.png' },
    { type: 'temp', subfolder: 'deep', filename: 'b.png' },
  ])
  oldestOpen = Date.now() + TEMP_NEW
  await until(() => forgotten[2])
  await sleep(60)
  expect(await left()).toEqual(['d.png', 'deep'])
  limit.close()
})

test('what a run loads that is sent now is as new as the run', async () => {
  const [inputRoot, outputRoot, tempRoot, receiptsRoot] = ['input', 'output', 'temp', 'receipts'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  const storage = await Storage.open({ inputRoot, outputRoot, tempRoot, receiptsRoot })
  await show('temp/a.png')
  await sleep(20)
  const { ctimeMs } = await stat(join(tempRoot, 'a.png'))
  await storage.renew('a.png [temp]')
  expect((await stat(join(tempRoot, 'a.png'))).ctimeMs).toBe(ctimeMs)
  vi.spyOn(Date, 'now').mockReturnValue(ctimeMs + TEMP_NEW)
  await storage.renew('a.png [temp]')
  vi.restoreAllMocks()
  expect((await stat(join(tempRoot, 'a.png'))).ctimeMs).toBeGreaterThan(ctimeMs)
})

test('what the emptied folder held is not known at the next start', async () => {
  const file = join(folder, 'gendr.db')
  const sha256 = '0'.repeat(64)
  const put = (store: RunStore, type: 'temp' | 'output') =>
    store.files.put({ type, subfolder: '', filename: 'a.png', sha256, size: 1 })
  const before = new RunStore(file)
  put(before, 'temp')
  put(before, 'output')
  before.close()
  await (await startFakeHost({ data: folder })).close()
  const after = new RunStore(file)
  expect(after.files.find(sha256).map(({ type }) => type)).toEqual(['output'])
  after.close()
})
