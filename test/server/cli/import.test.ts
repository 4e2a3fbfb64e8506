import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ImportOptions } from '../../../models/import/import.ts'
import { listModels } from '../../../models/installed/folder.ts'
import { importCommand } from '../../../server/cli/import.ts'
import { modelsListCommand } from '../../../server/cli/models-list.ts'

const UPSCALER = resolve(import.meta.dirname, '../../fixtures/upscalers/compact-x4.pth')

const failure = vi.hoisted(() => ({ of: undefined as Error | undefined }))
vi.mock('../../../models/import/import.ts', async (load) => {
  const real = await load<typeof import('../../../models/import/import.ts')>()
  const importCheckpoint = async (options: ImportOptions) => {
    if (failure.of) throw failure.of
    return real.importCheckpoint(options)
  }
  return { ...real, importCheckpoint }
})

let data: string
let printed: string
beforeEach(() => {
  failure.of = undefined
  data = mkdtempSync(join(tmpdir(), 'gendr-import-'))
  printed = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      printed += text
      return true
    })
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(data, { recursive: true })
})

const run = (source: string, flags: Record<string, string | boolean> = {}) =>
  importCommand.run([source], { data, quiet: true, ...flags }, {})

test('a model has the name of its file, whatever characters that has', async () => {
  const source = join(data, '4x größer (1).pth')
  copyFileSync(UPSCALER, source)
  expect(await run(source)).toBe(0)
  expect(await listModels([join(data, 'models')])).toMatchObject([{ name: '4x-gr-er-1-' }])
})

test('a network is not tried out for its name, and before it is, that is told', async () => {
  const source = join(data, 'network.onnx')
  copyFileSync(UPSCALER, source)
  failure.of = new Error('the import began')
  await expect(run(source, { quiet: false })).rejects.toThrow('the import began')
  expect(printed).toContain('trying the network out')
})

test('a name that would hide a model of another folder needs --overwrite', async () => {
  await expect(run(UPSCALER, { name: 'gendr-nano' })).rejects.toMatchObject({
    code: 'configuration_invalid',
    message: expect.stringMatching(/'gendr-nano' is in .*gendr-nano, and one in the data folder would hide it/),
    remedy: expect.stringContaining('--overwrite'),
  })
  expect(existsSync(join(data, 'models/gendr-nano'))).toBe(false)
  expect(await run(UPSCALER, { name: 'gendr-nano', overwrite: true })).toBe(0)
})

test('a full disk is told in words', async () => {
  failure.of = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  await expect(run(UPSCALER)).rejects.toMatchObject({ code: 'disk_full', remedy: expect.stringContaining('Make room') })
})

test('Ctrl-C ends it with 130, and says that nothing was written', async () => {
  const { RestorationError } = await import('../../../nodes/sdk/error.ts')
  failure.of = new RestorationError('interrupted', 'The import was cancelled; nothing was written.', 'Start it again.')
  expect(await run(UPSCALER)).toBe(130)
  expect(printed).toContain('The import was cancelled; nothing was written. Start it again.')
})

test('the list of models names files that have still to be imported', async () => {
  const folder = join(data, 'models/upscale_models')
  mkdirSync(folder, { recursive: true })
  copyFileSync(UPSCALER, join(folder, 'x4.pth'))
  await modelsListCommand.run([], { data }, {})
  expect(printed).toContain(`x4.pth is not a model yet. Import it: gendr import "${join(folder, 'x4.pth')}"`)
})
