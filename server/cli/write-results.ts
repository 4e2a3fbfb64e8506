import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { draftIn, removeDeadDrafts } from '../storage/drafts.ts'
import { knownFailure } from '../storage/known-failure.ts'
import { codeOf, createFile } from '../storage/write-file.ts'

/** A file, and what goes into it. */
export interface Result {
  readonly target: string
  readonly bytes: Uint8Array
}

/**
 * Writes the results of one file. Each appears complete or not at all, and the first one last: where it is, all
 * are, whatever ends the process.
 * @throws RestorationError `disk_full`, or `invalid_input` where no file can be of this name
 */
export async function writeResults(results: readonly Result[]): Promise<void> {
  const drafts = results.map((result) => ({ ...result, draft: draftIn(dirname(result.target)) }))
  for (const { target } of results) await writing(target, () => mkdir(dirname(target), { recursive: true }))
  try {
    for (const { target, draft, bytes } of drafts) await writing(target, () => writeFile(draft, bytes))
    for (const { target, draft } of drafts.toReversed()) await writing(target, () => rename(draft, target))
  } finally {
    for (const { draft } of drafts) await rm(draft, { force: true })
  }
}

/**
 * Makes the folder of the results and tries it: one that cannot be written would fail every file, after it was restored.
 * @param inner folders of it, or itself, that results go into: what killed processes left in them of their own is removed
 * @throws as writeResults
 */
export async function prepareFolder(folder: string, inner: readonly string[] = [folder]): Promise<void> {
  const draft = draftIn(folder)
  await writing(folder, async () => {
    await mkdir(folder, { recursive: true })
    await writeFile(draft, '')
    await rm(draft)
  })
  for (const one of new Set(inner)) await removeDeadDrafts(one)
}

/** Writes a picture whole or not at all. @returns whether its name was free @throws as writeResults */
export function writeNew(target: string, bytes: Uint8Array): Promise<boolean> {
  return writing(target, () => createFile(target, bytes), 'run it again')
}

async function writing<T>(target: string, work: () => Promise<T>, goOn = 'go on with --skip-existing'): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (knownFailure(error)?.code === 'disk_full') {
      const message = `There is no room left for ${target}.`
      throw new RestorationError('disk_full', message, `Make room on its disk and ${goOn}.`, {
        cause: error,
      })
    }
    throw new RestorationError(
      'invalid_input',
      `${target} cannot be written (${codeOf(error) ?? String(error)}).`,
      'Check the name, and who may write to the folder.',
      { cause: error },
    )
  }
}
