import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { namedWorkflows, type ReadWorkflow } from '../../../server/runs/named-workflows.ts'
import { UserFiles } from '../../../server/storage/user-files.ts'

let folder: string
let saved: UserFiles
let read: ReadWorkflow
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-workflows-'))
  saved = await UserFiles.open(join(folder, 'user'), folder)
  await writeFile(join(folder, 'restore.json'), '{"from":"shipped"}')
  await writeFile(join(folder, 'user/outside.json'), '{"from":"elsewhere"}')
  read = namedWorkflows(folder, saved)
})
afterEach(() => rm(folder, { recursive: true }))

const save = (path: string, text: string) => saved.write(path, Buffer.from(text), true)

test('a workflow is found by its name, what was saved before what is shipped', async () => {
  expect(await read('restore')).toEqual({ from: 'shipped' })
  expect(await read('restore.json')).toEqual({ from: 'shipped' })
  await save('workflows/restore.json', '{"from":"user"}')
  expect(await read('restore')).toEqual({ from: 'user' })
  await save('workflows/old/ü & co.json', '{"from":"folder"}')
  expect(await read('old/ü & co')).toEqual({ from: 'folder' })
})

test('one that is not there is told with the names of those that are', async () => {
  await save('workflows/old/mine.json', '{}')
  await expect(read('retsore')).rejects.toMatchObject({
    code: 'workflow_not_found',
    message: "There is no workflow 'retsore'.",
    remedy: 'Name one of: restore, old/mine; or give a graph.',
  })
})

test('no name leads out of the folder', async () => {
  await save('workflows/mine.json', '{}')
  await symlink(join(folder, 'restore.json'), join(folder, 'user/workflows/link.json'))
  for (const name of ['../outside', '/etc/passwd', '..\\outside', 'a\0b', '', '.', 'link', 'x'.repeat(5000)]) {
    await expect(read(name)).rejects.toMatchObject({ code: 'workflow_not_found' })
  }
})

test('one that is not JSON is named', async () => {
  await save('workflows/torn.json', '{"nodes":')
  await expect(read('torn')).rejects.toMatchObject({
    code: 'workflow_invalid',
    message: expect.stringContaining("'torn' is not JSON"),
  })
})
