import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'

/** Refuses a folder that holds anything; with `overwrite`, one that holds anything but a model. */
export async function requireTarget(directory: string, overwrite: boolean): Promise<void> {
  const found = await contents(directory)
  if (found.length === 0 || (overwrite && found.includes('manifest.json'))) return
  throw found.includes('manifest.json')
    ? new RestorationError(
        'configuration_invalid',
        `${directory}: expected no model of that name, found one.`,
        'Choose another --name, or replace it with --overwrite.',
      )
    : new RestorationError(
        'configuration_invalid',
        `${directory}: expected an empty folder or a model, found ${found.slice(0, 3).join(', ')}.`,
        'Choose another --name, or empty the folder yourself.',
      )
}

/** Fills a folder beside `directory`, then puts it in its place. When filling fails, nothing has changed. */
export async function replaceFolder(directory: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const fresh = `${directory}.new-${randomUUID()}`
  await mkdir(fresh, { recursive: true })
  try {
    await fill(fresh)
    await swap(fresh, directory)
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** Puts `fresh` where `directory` is; what was there comes back if that fails. */
async function swap(fresh: string, directory: string): Promise<void> {
  const old = `${directory}.old-${randomUUID()}`
  await mkdir(directory, { recursive: true })
  await rename(directory, old)
  try {
    await rename(fresh, directory)
  } catch (error) {
    await rename(old, directory)
    throw error
  }
  await rm(old, { recursive: true })
}

async function contents(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
