import { link, mkdir, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes a file that must not exist yet, whole or not at all; false when the name is taken. */
export async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  const draft = await writeDraft(path, bytes)
  try {
    await link(draft, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
    return await createPlainly(path, bytes)
  } finally {
    await unlink(draft)
  }
}

/** Writes a file; readers see the old one or the new one, never half of it. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const draft = await writeDraft(path, bytes)
  try {
    await rename(draft, path)
  } catch (error) {
    await unlink(draft)
    throw error
  }
}

let drafts = 0

async function writeDraft(path: string, bytes: Uint8Array): Promise<string> {
  const folder = dirname(path)
  const draft = join(folder, `.${process.pid}-${Date.now()}-${drafts++}.part`)
  try {
    await writeFile(draft, bytes, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(folder, { recursive: true })
    await writeFile(draft, bytes, { flag: 'wx' })
  }
  return draft
}

/** For file systems without hard links (exFAT, some network shares). */
async function createPlainly(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
