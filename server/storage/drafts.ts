import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The name of a file that is to become another, when it is whole; it says whose it is. */
export function draftIn(folder: string): string {
  return join(folder, `.gendr-${hostname()}-${process.pid}-${randomUUID()}.part`)
}

const DRAFT = /^\.gendr-(?<host>.+)-(?<pid>\d+)-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.part$/

/** How long nobody has written to a draft, in milliseconds, when it is left to nobody. */
const ABANDONED = {
  /** By a process that is not there, as far as this one sees: containers may share a name, and have numbers of their own. */
  gone: 10 * 60 * 1000,
  /** By one that may run, here or unseen on another machine. */
  other: 24 * 60 * 60 * 1000,
}

/**
 * Removes what killed processes left in a folder: of this machine after ten minutes, of others after a day. To be called
 * before the first draft of this process, so that those with its number are of one before it.
 */
export async function removeDeadDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const { host, pid } = DRAFT.exec(name)?.groups ?? {}
    if (host === undefined) continue
    const path = join(folder, name)
    const isGone = host === hostname() && !isOther(Number(pid))
    // What cannot be removed is in nobody's way.
    if (await isOlder(path, isGone ? ABANDONED.gone : ABANDONED.other)) await rm(path, { force: true }).catch(() => {})
  }
}

/** Whether another process of this machine has the number. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // One of another user may not be signalled, but is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function isOlder(path: string, age: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > age,
    () => false,
  )
}
