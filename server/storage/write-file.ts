import { lstat, mkdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { draftIn } from './drafts.ts'
import { besideUs, type FileSystem } from './file-system.ts'

/**
 * Writes a file that must not exist yet, whole or not at all; false when the name is taken.
 * @param drafts where it is written first: a folder of the same file system, which somebody empties after a crash;
 *   beside the file by default
 */
export async function createFile(path: string, bytes: Uint8Array, drafts?: string): Promise<boolean> {
  const draft = await writeDraft(drafts ?? dirname(path), bytes)
  try {
    await linkInto(draft, path)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    if (code === 'EXDEV' && drafts !== undefined) return await createFile(path, bytes)
    if (!isWithoutLinks(code)) throw error
    return await createPlainly(path, bytes)
  } finally {
    await unlink(draft)
  }
}

/** Writes a file; readers see the old one or the new one, never half of it. `drafts` as in createFile. */
export async function replaceFile(path: string, bytes: Uint8Array, drafts?: string): Promise<void> {
  const draft = await writeDraft(drafts ?? dirname(path), bytes)
  try {
    await intoFolder(path, () => rename(draft, path))
  } catch (error) {
    await unlink(draft)
    if (codeOf(error) !== 'EXDEV' || drafts === undefined) throw error
    await replaceFile(path, bytes)
  }
}

/** Gives a file another name, which must not exist yet; false when it is taken. The folder of the name is made if need be. */
export async function moveFile(file: string, path: string): Promise<boolean> {
  try {
    await linkInto(file, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    if (!isWithoutLinks(codeOf(error))) throw error
    const isTaken = await lstat(path).catch(onlyMissing)
    if (isTaken === undefined) await rename(file, path)
    return isTaken === undefined
  }
  await unlink(file).catch(onlyMissing)
  return true
}

/** A second name for a file; the folder of the name is made if need be. */
export function linkInto(file: string, path: string, files: FileSystem = besideUs): Promise<void> {
  return intoFolder(path, () => files.link(file, path))
}

async function intoFolder(path: string, put: () => Promise<void>): Promise<void> {
  try {
    await put()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    await put()
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/** For a promise about something that may be gone by now: then there is nothing. */
export function onlyMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error
}

/** What file systems without hard links answer (exFAT, some network shares). */
export function isWithoutLinks(code: string | undefined): boolean {
  return code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS'
}

async function writeDraft(folder: string, bytes: Uint8Array): Promise<string> {
  const draft = draftIn(folder)
  await intoFolder(draft, () => besideUs.writeNew(draft, bytes))
  return draft
}

async function createPlainly(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await besideUs.writeNew(path, bytes)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}
