import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chooseModel } from '../../../server/cli/chosen-model.ts'

const SHIPPED = resolve(import.meta.dirname, '../../../models/gendr-nano/manifest.json')

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gendr-chosen-'))
  for (const name of ['broken', 'gendr-nano', 'mine']) await mkdir(join(root, name))
  await copyFile(SHIPPED, join(root, 'gendr-nano/manifest.json'))
  const { conditioning: _, ...plain } = JSON.parse(await readFile(SHIPPED, 'utf8'))
  await writeFile(join(root, 'mine/manifest.json'), JSON.stringify(plain))
  await writeFile(join(root, 'broken/manifest.json'), '{}')
})
afterAll(() => rm(root, { recursive: true }))

const choose = (flags: Record<string, string>) => chooseModel({ modelRoots: [root] }, flags)

describe('the model of a batch', () => {
  test('is the one that is named, else the shipped one', async () => {
    expect(await choose({})).toMatchObject({ name: 'gendr-nano', isUpscaler: false })
    for (const model of ['mine', 'mine.pth', 'upscalers/mine.safetensors'])
      expect(await choose({ model })).toMatchObject({ name: 'mine' })
    await expect(choose({ model: 'lost' })).rejects.toMatchObject({
      code: 'configuration_invalid',
      remedy: 'Choose one of: broken, gendr-nano, mine.',
    })
    await expect(chooseModel({ modelRoots: [] }, {})).rejects.toMatchObject({ code: 'model_not_found' })
  })

  test('has the setting that it is asked for', async () => {
    expect(await choose({ setting: 'faithful' })).toMatchObject({ name: 'gendr-nano' })
    expect(await choose({ model: 'mine', setting: 'default' })).toMatchObject({ name: 'mine' })
    await expect(choose({ setting: 'vivid' })).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: "Model 'gendr-nano' has no setting 'vivid'.",
      remedy: expect.stringContaining('faithful'),
    })
    await expect(choose({ model: 'mine', setting: 'faithful' })).rejects.toMatchObject({
      code: 'configuration_invalid',
      remedy: expect.stringContaining('Leave out --setting'),
    })
  })

  test('may be one that cannot be read, which says why when it is opened', async () => {
    expect(await choose({ model: 'broken', setting: 'faithful' })).toMatchObject({ name: 'broken' })
  })
})
