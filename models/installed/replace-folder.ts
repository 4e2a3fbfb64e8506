import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
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

/**
 * Fills a folder beside `directory`, then puts it in its place. When filling fails, nothing has changed; when the process
 * is killed, `tidyFolders` puts right what is left.
 * @param overwrite whether that of a model is such a place; what came there meanwhile stays without it
 */
export async function replaceFolder(
  directory: string,
  overwrite: boolean,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const fresh = beside(directory, 'new')
  await mkdir(fresh, { recursive: true })
  try {
    await fill(fresh)
    await (overwrite ? swap(fresh, directory) : settle(fresh, directory))
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** Removes a folder: gone at once by its name, or not at all. */
export async function removeFolder(directory: string): Promise<void> {
  const doomed = beside(directory, 'new')
  await rename(directory, doomed)
  await rm(doomed, { recursive: true, force: true })
}

/**
 * Finishes what killed imports left under a folder of models: a model that was moved away and not yet replaced comes
 * back, half made and replaced ones go. Folders of processes that still live are left alone.
 */
export async function tidyFolders(root: string): Promise<void> {
  for (const entry of await contents(root)) {
    const [, name, kind, pid] = LEFTOVER.exec(entry) ?? []
    if (name === undefined || isAlive(Number(pid))) continue
    const isLost = kind === 'old' && (await contents(join(root, name))).length === 0
    if (isLost) await rename(join(root, entry), join(root, name))
    else await rm(join(root, entry), { recursive: true, force: true })
  }
}

/** Hidden, so that nothing under way is ever listed as a model. */
const LEFTOVER = /^\.(.+)\.(new|old)-(\d+)-[0-9a-f-]{36}$/

/** A place beside a folder that `tidyFolders` clears when this process was killed. */
export function beside(directory: string, kind: 'new' | 'old'): string {
  return join(dirname(directory), `.${basename(directory)}.${kind}-${process.pid}-${randomUUID()}`)
}

/** Puts `fresh` where nothing is, or an empty folder. */
async function settle(fresh: string, directory: string): Promise<void> {
  // Not every system moves a folder onto an empty one. One that is not empty is not removed.
  await rmdir(directory).catch(() => undefined)
  try {
    await rename(fresh, directory)
  } catch (error) {
    await requireTarget(directory, false)
    throw error
  }
}

/** Puts `fresh` where `directory` is; what was there comes back if that fails. */
async function swap(fresh: string, directory: string): Promise<void> {
  const old = beside(directory, 'old')
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function contents(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
