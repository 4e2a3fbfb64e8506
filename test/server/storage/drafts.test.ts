import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareFolder } from '../../../server/cli/write-results.ts'
import { draftIn, removeDeadDrafts } from '../../../server/storage/drafts.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-drafts-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A draft by a process of this number, on a machine of this name. */
async function draftOf(pid: number | undefined, host: string, hoursAgo = 1): Promise<string> {
  const draft = draftIn(folder).replace(`${hostname()}-${process.pid}`, `${host}-${pid}`)
  await writeFile(draft, '')
  const then = new Date(Date.now() - hoursAgo * 3_600_000)
  await utimes(draft, then, then)
  return basename(draft)
}

test('what killed processes left is removed, and what others are writing stays', async () => {
  const ended = spawnSync(process.execPath, ['--version']).pid
  await draftOf(ended, hostname())
  await draftOf(process.pid, hostname())
  await draftOf(process.ppid, 'another-1', 25)
  const kept = [await draftOf(process.ppid, hostname(), 23), await draftOf(ended, 'another-1', 23)]
  // Of a process in another container of this name, as far as can be told.
  for (const pid of [ended, process.pid]) kept.push(await draftOf(pid, hostname(), 0))
  for (const name of ['.photo.png.part', 'a.png', `.gendr-${hostname()}-${ended}-notes.part`]) {
    await writeFile(join(folder, name), '')
    kept.push(name)
  }
  await removeDeadDrafts(folder)
  expect((await readdir(folder)).sort()).toEqual(kept.sort())
})

test('the folders of the results are tidied, those that are not there yet too', async () => {
  await draftOf(spawnSync(process.execPath, ['--version']).pid, hostname())
  await prepareFolder(join(folder, 'new'), [folder, folder, join(folder, 'later')])
  expect(await readdir(folder)).toEqual(['new'])
})

test('what a killed process leaves of any file that it writes is such a draft', async () => {
  const source = JSON.stringify(join(import.meta.dirname, '../../../server/storage/write-file.ts'))
  const path = JSON.stringify(join(folder, 'a.png'))
  for (const write of ['createFile', 'replaceFile']) {
    const bytes = `(async function* () { yield Buffer.from('a'); process.exit() })()`
    const script = `import { ${write} } from ${source}; await ${write}(${path}, ${bytes})`
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  }
  const left = await readdir(folder)
  expect(left).toHaveLength(2)
  const then = new Date(Date.now() - 3_600_000)
  for (const name of left) await utimes(join(folder, name), then, then)
  await removeDeadDrafts(folder)
  expect(await readdir(folder)).toEqual([])
})
