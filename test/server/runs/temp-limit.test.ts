import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FileReference } from '../../../nodes/sdk/context.ts'
import { openDatabase } from '../../../server/database/database.ts'
import type { ActiveRun } from '../../../server/runs/run.ts'
import type { RunChange } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import { TempLimit } from '../../../server/runs/temp-limit.ts'
import { Storage, TEMP_NEW } from '../../../server/storage/storage.ts'
import { startFakeHost, until } from './fake-host.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'temp-limit-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  return rm(folder, { recursive: true, force: true })
})

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
    runs: { oldestOpen: () => oldestOpen, subscribe: () => () => undefined },
    files: { renew: async () => undefined, usedSince: () => new Set<string>() },
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

describe('what is in use', () => {
  let tempRoot: string
  let storage: Storage
  beforeEach(async () => {
    const [inputRoot, outputRoot, temp, receiptsRoot] = ['input', 'output', 'temp', 'receipts'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string]
    tempRoot = temp
    storage = await Storage.open({ inputRoot, outputRoot, tempRoot, receiptsRoot })
  })

  test('stays, and is what it was to the results that were made of it', async () => {
    const listeners: ((change: RunChange) => void)[] = []
    await show('temp/deep/a.png', 'temp/b.png', 'temp/c.png', 'temp/d.png')
    const print = await storage.fingerprint('deep/a.png [temp]')
    const written = Date.now()
    const later = written + TEMP_NEW + 1000
    vi.spyOn(Date, 'now').mockImplementation(() => later)
    await storage.renew('deep/a.png [temp]')
    const forgotten: string[] = []
    const limit = new TempLimit({
      folder: tempRoot,
      runs: {
        oldestOpen: () => undefined,
        subscribe: (listener) => {
          listeners.push(listener)
          return () => undefined
        },
      },
      files: storage,
      fileIndex: { forget: ({ filename }) => forgotten.push(filename) },
      log: () => undefined,
      most: 0,
      pause: 100,
    })
    const ui = { images: [{ type: 'temp', subfolder: '', filename: 'b.png' }] as const }
    const event = { type: 'node_finished', node: '1', cached: true, ui, runId: 'r', sequence: 0, time: 0 } as const
    for (const tell of listeners) tell({ type: 'event', run: {} as ActiveRun, event })
    await vi.waitUntil(() => forgotten.length === 2)
    await sleep(150)
    limit.close()
    expect(forgotten).toEqual(['c.png', 'd.png'])
    expect(await storage.fingerprint('deep/a.png [temp]')).toBe(print)
  })

  test('is so for as long as it is asked for', async () => {
    await show('temp/a.png', 'temp/b.png')
    await storage.renew('a.png [temp]')
    const now = Date.now()
    expect(storage.usedSince(now - 1000).has('a.png')).toBe(true)
    expect(storage.usedSince(now - 1000).has('b.png')).toBe(false)
    const used = storage.usedSince(now + 1)
    expect(used.has('a.png')).toBe(false)
    await storage.renew('b.png [temp]')
    expect(used.has('b.png')).toBe(true)
  })
})

test('what the emptied folder held is not known at the next start', async () => {
  const file = join(folder, 'gendr.db')
  const sha256 = '0'.repeat(64)
  const before = openDatabase(file)
  const { files } = new RunStore(before)
  for (const type of ['temp', 'output'] as const) files.put({ type, subfolder: '', filename: 'a.png', sha256, size: 1 })
  before.close()
  await (await startFakeHost({ data: folder })).close()
  const after = openDatabase(file)
  expect(new RunStore(after).files.find(sha256).map(({ type }) => type)).toEqual(['output'])
  after.close()
})
