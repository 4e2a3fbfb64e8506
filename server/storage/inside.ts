import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'

/**
 * The path of `name` inside `root`, symbolic links followed; the file itself need not exist, its folders neither.
 * @throws RestorationError `path_outside`, which names what was asked for and no path of the host
 */
export async function pathInside(root: string, name: string): Promise<string> {
  if (name.includes('\0') || name.includes('\\') || isAbsolute(name) || name.split('/').includes('..')) {
    throw outside(name)
  }
  const path = resolve(root, name)
  const [place, real] = await Promise.all([realpathOfExisting(path), realRoots.get(root) ?? realRoot(root)])
  // The root itself may have been moved behind a link meanwhile.
  if (!isWithin(place, real) && !isWithin(place, await realRoot(root))) throw outside(name)
  return path
}

/** Where the roots really are; there are few, and they are asked for with every file. */
const realRoots = new Map<string, string>()

async function realRoot(root: string): Promise<string> {
  const real = await realpath(root)
  realRoots.set(root, real)
  return real
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** The real path of the nearest ancestor that exists; a dangling link counts as leading outside. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const isLink = await lstat(path).then(
      () => true,
      () => false,
    )
    return isLink || dirname(path) === path ? sep : realpathOfExisting(dirname(path))
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
