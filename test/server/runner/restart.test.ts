import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runnerOptions, workSettings } from '../../../server/config.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { Supervisor } from '../../../server/runs/supervisor.ts'
import { script } from '../../../server/script.ts'
import { graph, only } from './runs.ts'

/** Processes that give way to everything else start slowly on a busy machine. */
vi.setConfig({ testTimeout: 240_000 })

let data: string

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'restart-'))
  await mkdir(join(data, 'input'))
  await writePicture('red')
})
afterAll(() => rm(data, { recursive: true, force: true }))

async function writePicture(background: string): Promise<void> {
  const picture = sharp({ create: { width: 96, height: 96, channels: 3, background } })
  await writeFile(join(data, 'input/a.png'), await picture.png().toBuffer())
}

const prompt = graph({
  load: ['LoadImage', { image: 'a.png' }],
  model: ['GenDRModelLoader', { model_name: 'gendr-nano' }],
  restore: ['GenDRRestore', { image: ['load', 0], model: ['model', 0], scale: 2 }],
  large: ['ImageScaleBy', { image: ['restore', 0], upscale_method: 'lanczos', scale_by: 8 }],
  save: ['SaveImage', { images: ['large', 0], filename_prefix: 'x' }],
})
/** Whether `large` is on the disk, where it would be read as fast as it is computed, is up to the machine. */
const ALL = expect.arrayContaining(['load', 'model', 'restore', 'save'])
const RESTORED = expect.arrayContaining(['load', 'model', 'restore'])

/** What the saving node gives, names of files, is smaller than this many bytes; pictures are larger. */
const SAVED = 2048

let runs = 0

/**
 * One run in a process of its own: what the cache saved, and the file that was told of.
 * @param waits until what the saving node and another one gave is on the disk: the process writes in its own time
 */
async function runOnce(flags: Record<string, string> = {}, waits = false) {
  const settings = workSettings({ data, device: 'cpu', 'cache-disk': '200', ...flags }, {})
  const supervisor = new Supervisor({
    ...script(import.meta.url, '../../../server/runner/main'),
    runner: runnerOptions(settings),
  })
  const events: RunEvent[] = []
  try {
    await supervisor.execute(
      { id: `run ${runs++}`, prompt, outputs: ['save'], extraPnginfo: {}, attachments: {}, delivery: 'files' },
      (event) => events.push(event),
    )
    const sizes = async () => {
      const names = (await readdir(join(data, 'cache')).catch(() => [])).filter((name) => /-\d+$/.test(name))
      return Promise.all(names.map(async (name) => (await stat(join(data, 'cache', name))).size))
    }
    const isKept = async () => {
      const all = await sizes()
      return all.some((size) => size < SAVED) && all.some((size) => size >= SAVED)
    }
    if (waits) await vi.waitFor(async () => expect(await isKept()).toBe(true), { timeout: 60_000 })
  } finally {
    await supervisor.close()
  }
  expect(events.at(-1)?.type).toBe('succeeded')
  const saved = only(events, 'node_finished').find(({ node }) => node === 'save')
  return { cached: only(events, 'cached')[0]!.nodes, file: saved?.ui?.images?.[0]?.filename }
}

test('a process that is started anew knows what the last one computed', async () => {
  expect((await runOnce({}, true)).file).toBe('x_00001_.png')
  expect(await runOnce()).toEqual({ cached: ALL, file: 'x_00001_.png' })
  expect(await readdir(join(data, 'output'))).toEqual(['x_00001_.png'])

  await rm(join(data, 'output/x_00001_.png'))
  expect(await runOnce()).toEqual({ cached: RESTORED, file: 'x_00001_.png' })
  // The same name, but it might be anybody's.
  await utimes(join(data, 'output/x_00001_.png'), 1, 1)
  expect(await runOnce()).toEqual({ cached: RESTORED, file: 'x_00002_.png' })
  await writePicture('blue')
  expect((await runOnce()).file).toBe('x_00003_.png')
})

test('a process that writes no workflow into pictures does not give those that hold one', async () => {
  await runOnce({}, true)
  const before = await readdir(join(data, 'output'))
  expect(before).not.toContain((await runOnce({ 'no-metadata': '1' })).file)
})

test('without a share of the disk nothing is kept, and nothing is written', async () => {
  await rm(join(data, 'cache'), { recursive: true })
  await runOnce({ 'cache-disk': '0' })
  expect((await runOnce({ 'cache-disk': '0' })).cached).toEqual([])
  expect(await readdir(data)).not.toContain('cache')
})
