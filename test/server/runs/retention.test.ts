import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FileReference } from '../../../nodes/sdk/context.ts'
import { fileRoots, serveSettings } from '../../../server/config.ts'
import { expire } from '../../../server/storage/expire.ts'
import { Storage } from '../../../server/storage/storage.ts'
import { type FakeHost, fakeGraph, get, post, startFakeHost, until } from './fake-host.ts'

const DAY = 86_400_000
let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'retention-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(data, { recursive: true, force: true })
})

async function put(...places: string[]): Promise<void> {
  for (const place of places) {
    await mkdir(join(data, place, '..'), { recursive: true })
    await writeFile(join(data, place), place)
  }
}

/** A moment after all that was written before, and before all that is written afterwards. */
async function moment(): Promise<number> {
  await sleep(30)
  const now = Date.now()
  await sleep(30)
  return now
}

async function gone(...args: Parameters<typeof expire>): Promise<string[]> {
  const places: string[] = []
  for await (const place of expire(...args)) places.push(place)
  return places.sort()
}

const left = async (folder = '') => (await readdir(join(data, folder), { recursive: true })).sort()

test('what is old goes, with folders that were old too; links lead nowhere', async () => {
  await put('all/old.png', 'all/some/old.png', 'all/some/deep/old.png', 'elsewhere/old.png')
  await symlink(join(data, 'elsewhere'), join(data, 'all/link'))
  const before = await moment()
  await put('all/new.png', 'all/copy.png')
  await utimes(join(data, 'all/copy.png'), 1, 1)

  const old = await gone(join(data, 'all'), before, { stays: (place) => place === 'some/old.png' })
  expect(old).toEqual(['link', 'old.png', 'some/deep/old.png'])
  const kept = ['all', 'all/copy.png', 'all/new.png', 'all/some', 'all/some/old.png']
  expect(await left()).toEqual([...kept, 'elsewhere', 'elsewhere/old.png'])
  expect(await gone(join(data, 'nowhere'), Date.now())).toEqual([])
})

test('a sweep ends when its host does', async () => {
  await put('all/old.png')
  expect(await gone(join(data, 'all'), await moment(), { signal: AbortSignal.abort() })).toEqual([])
  expect(await left('all')).toEqual(['old.png'])
})

test('an upload that is sent again is new again, once it is older than said', async () => {
  const [inputRoot, outputRoot, tempRoot, receiptsRoot] = ['input', 'output', 'temp', 'receipts'].map((name) =>
    join(data, name),
  ) as [string, string, string, string]
  const roots = { inputRoot, outputRoot, tempRoot, receiptsRoot }
  const upload = { type: 'input', subfolder: '', filename: 'a.png', bytes: Buffer.from('a'), overwrite: false } as const
  const first = await (await Storage.open(roots)).save(upload)
  const { mtimeMs } = await stat(join(inputRoot, 'a.png'))
  const before = await moment()
  for (const renewAfter of [DAY, 10]) {
    expect(await (await Storage.open(roots, undefined, renewAfter)).save(upload)).toEqual(first)
    expect(await gone(inputRoot, before, { stays: () => renewAfter === DAY })).toEqual([])
  }
  expect(await left('input')).toEqual(['a.png'])
  expect((await stat(join(inputRoot, 'a.png'))).mtimeMs).toBe(mtimeMs)
})

test('what a client asks for, and what a run tells of without having made it, is new again', async () => {
  const renewed: (string | FileReference)[] = []
  const files = await Storage.open(fileRoots(serveSettings({ data }, {})))
  vi.spyOn(files, 'renew').mockImplementation(async (file) => void renewed.push(file))
  const models = async () => ({ gendr_models: [], gendr_settings: [], upscale_models: [], iqa_models: [] })
  const host = await startFakeHost({ data, parts: { files, models }, flags: { 'keep-days': '3' } })
  const bytes = Buffer.from('content')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await fetch(`${host.url}/api/files/${sha256}?name=a.png`, { method: 'PUT', body: bytes })
  await post(host, '/api/files/known', { sha256: [sha256] })
  expect(renewed).toEqual([expect.objectContaining({ filename: 'a.png', type: 'input' })])
  await post(host, '/api/runs?wait=30', { prompt: fakeGraph('succeed') })
  expect(await until(() => renewed[1])).toMatchObject({ filename: '1.png', type: 'output' })
  const load = {
    1: { class_type: 'LoadImage', inputs: { image: 'a.png' } },
    2: { class_type: 'Fake', inputs: { image: ['1', 0] } },
  }
  await post(host, '/prompt', { prompt: load })
  expect(renewed[2]).toBe('a.png')
  await host.stop()
})

test('a host keeps uploads, results and records for the days that it was told', async () => {
  let host: FakeHost = await startFakeHost({ data })
  const examples = await left('input')
  expect(examples.length).toBeGreaterThan(0)
  await put('input/upload.png', 'output/folder/result.png', 'temp/preview.png', 'pyramids/a.tif', 'user/workflow.json')
  await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'ended' })
  await until(async () => (await get(host, '/history/ended')).body.ended)
  await host.close()

  host = await startFakeHost({ data, flags: { 'keep-days': '3' } })
  await post(host, '/prompt', { prompt: fakeGraph('succeed'), prompt_id: 'second' })
  await until(async () => (await get(host, '/history/second')).body.second)
  expect(Object.keys((await get(host, '/history')).body)).toEqual(['ended', 'second'])
  expect(await left('input')).toContain('upload.png')
  await post(host, '/prompt', { prompt: fakeGraph('hang'), prompt_id: 'open' })
  await host.close()

  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3 * DAY + 60_000)
  host = await startFakeHost({ data, flags: { 'keep-days': '3' } })
  await until(async () => ((await get(host, '/queue')).body.queue_running as unknown[])[0])
  expect(await left('input')).toContain('upload.png')
  await post(host, '/interrupt', '')
  await until(async () => (await get(host, '/history/open')).body.open)
  await host.close()

  host = await startFakeHost({ data, flags: { 'keep-days': '3' } })
  await until(() => host.log.find((line) => line.includes('records of 2 runs')))
  expect(Object.keys((await get(host, '/history')).body)).toEqual(['open'])
  expect(await left('input')).toEqual(examples)
  expect([...(await left('output')), ...(await left('pyramids'))]).toEqual([])
  expect(await left('user')).toEqual(['workflow.json'])
  await host.stop()
})
