import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { draftIn, removeDeadDrafts } from '../../../server/cli/drafts.ts'
import { prepareFolder } from '../../../server/cli/write-results.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gendr-drafts-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A draft by a process of this number, on a machine of this name. */
async function draftOf(pid: number | undefined, host: string, hoursAgo = 0): Promise<string> {
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
  const kept = [await draftOf(process.ppid, hostname()), await draftOf(ended, 'another-1', 23)]
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
