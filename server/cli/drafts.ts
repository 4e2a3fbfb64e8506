import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The name of a file that is to become a result, when it is whole; it says whose it is. */
export function draftIn(folder: string): string {
  return join(folder, `.gendr-${hostname()}-${process.pid}-${randomUUID()}.part`)
}

const DRAFT = /^\.gendr-(?<host>.+)-(?<pid>\d+)-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.part$/

/** After this long nobody writes a draft any more, in milliseconds. */
const ABANDONED = 24 * 60 * 60 * 1000

/**
 * Removes what killed processes left in a folder: of this machine at once, of others, which may run unseen, after a day.
 * To be called before the first draft of this process, so that those with its number are of one before it.
 */
export async function removeDeadDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const { host, pid } = DRAFT.exec(name)?.groups ?? {}
    if (host === undefined) continue
    const path = join(folder, name)
    const isDead = (host === hostname() && !isOther(Number(pid))) || (await isAbandoned(path))
    // What cannot be removed is in nobody's way.
    if (isDead) await rm(path, { force: true }).catch(() => undefined)
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

async function isAbandoned(path: string): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > ABANDONED,
    () => false,
  )
}
