import { mkdir } from 'node:fs/promises'
import { dirname, resolve, sep, win32 } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { besideUs, type FileSystem } from './file-system.ts'
import { codeOf } from './write-file.ts'

/**
 * The path of `name` inside `root`, symbolic links followed; the file itself need not exist, its folders neither.
 * @throws RestorationError `path_outside`, which names what was asked for and no path of the host
 */
export async function pathInside(root: string, name: string, files: FileSystem = besideUs): Promise<string> {
  const path = resolve(root, plainName(name))
  const [place, real] = await Promise.all([
    realpathOfExisting(path, files),
    realRoots.get(root) ?? realRoot(root, files),
  ])
  if (isWithin(place, real)) return path
  // The root itself may have been moved behind a link meanwhile, or removed.
  const newReal = await realRoot(root, files)
  if (isWithin(await realpathOfExisting(path, files), newReal)) return path
  throw outside(name)
}

/**
 * A name with slashes between its folders: graphs that were made on Windows have backslashes there.
 * @throws RestorationError `path_outside` where it by itself leads out of its folder, on this system or on Windows
 */
export function plainName(name: string): string {
  const plain = name.replaceAll('\\', '/')
  if (plain.includes('\0') || win32.isAbsolute(plain) || plain.split('/').includes('..')) throw outside(name)
  return plain
}

/** Where the roots really are; there are few, and they are asked for with every file. */
const realRoots = new Map<string, string>()

async function realRoot(root: string, files: FileSystem): Promise<string> {
  const real = await files.realpath(root).catch(async (error) => {
    if (codeOf(error) !== 'ENOENT') throw error
    // Whoever tidies up may remove the folder itself.
    await mkdir(root, { recursive: true })
    return files.realpath(root)
  })
  realRoots.set(root, real)
  return real
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** The real path of the nearest ancestor that exists; a dangling link counts as leading outside. */
async function realpathOfExisting(path: string, files: FileSystem): Promise<string> {
  try {
    return await files.realpath(path)
  } catch {
    const isLink = await files.lstat(path).then(
      () => true,
      () => false,
    )
    return isLink || dirname(path) === path ? sep : realpathOfExisting(dirname(path), files)
  }
}

/** What to answer to a name that leads out of its folder. */
export function outside(name: string): RestorationError {
  return new RestorationError(
    'path_outside',
    `Expected a name inside its folder but received '${name.slice(0, 200)}'.`,
    'Give a plain file name, optionally with subfolders.',
  )
}
