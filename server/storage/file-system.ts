import { linkSync, lstatSync, readFileSync, realpathSync, type Stats, statSync, writeFileSync } from 'node:fs'
import { link, lstat, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'

/** What each run asks of the file system, as `node:fs/promises` has it. */
export interface FileSystem {
  realpath(path: string): Promise<string>
  stat(path: string): Promise<Stats>
  lstat(path: string): Promise<Stats>
  link(file: string, path: string): Promise<void>
  readFile(path: string): Promise<Buffer>
  /** Writes a file that must not exist yet, whole or not at all. */
  writeNew(path: string, bytes: Uint8Array): Promise<void>
}

/** Has other threads ask, and never keeps the one that calls waiting. */
export const besideUs: FileSystem = {
  realpath,
  stat,
  lstat,
  link,
  readFile,
  writeNew: (path, bytes) => wholly(path, () => writeFile(path, bytes, { flag: 'wx' })),
}

/** Bytes that are copied sooner than another thread is woken. */
const SMALL = 1 << 18

/**
 * Asks at once what is soon answered, for a process whose thread has nothing better to do: such a question takes some
 * microseconds, and ten to twenty times as long by way of another thread.
 */
export const atOnce: FileSystem = {
  realpath: async (path) => realpathSync.native(path),
  stat: async (path) => statSync(path),
  lstat: async (path) => lstatSync(path),
  link: async (file, path) => linkSync(file, path),
  readFile: async (path) => (statSync(path).size <= SMALL ? readFileSync(path) : readFile(path)),
  writeNew: async (path, bytes) =>
    bytes.length <= SMALL
      ? wholly(path, async () => writeFileSync(path, bytes, { flag: 'wx' }))
      : besideUs.writeNew(path, bytes),
}

/** A new file that cannot be written to its end would stay in part, and on a full disk take the last room there is. */
async function wholly(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true })
    throw error
  }
}
