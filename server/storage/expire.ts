import { lstat, readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'

export interface ExpireOptions {
  /** Which files are left alone, by their place below the folder. */
  readonly stays?: (file: string) => boolean
  /** Ends the work at the next file. */
  readonly signal?: AbortSignal
}

/**
 * Deletes the files below a folder that nobody has written, moved or copied there since a moment, and folders that have
 * been empty since then. A copy that keeps the date of its picture is as new as it is. Links are not followed.
 * @param before in ms
 * @returns the place of each file that went, with `/` between folders; files that may not be deleted stay
 */
export async function* expire(folder: string, before: number, options: ExpireOptions = {}): AsyncGenerator<string> {
  yield* expireIn(folder, '', before, options)
}

async function* expireIn(root: string, below: string, before: number, options: ExpireOptions): AsyncGenerator<string> {
  const { stays = () => false, signal } = options
  for (const entry of await readdir(join(root, below), { withFileTypes: true }).catch(() => [])) {
    if (signal?.aborted === true) return
    const place = below === '' ? entry.name : `${below}/${entry.name}`
    const path = join(root, place)
    // Before anything is taken out of a folder, which makes it new.
    const isOld = await lstat(path).then(
      ({ mtimeMs, ctimeMs }) => Math.max(mtimeMs, ctimeMs) < before,
      () => false,
    )
    if (entry.isDirectory()) {
      yield* expireIn(root, place, before, options)
      // One that is not empty is refused.
      if (isOld) await isDone(rmdir(path))
    } else if (isOld && !stays(place) && (await isDone(unlink(path)))) yield place
  }
}

/** Whether that went well. */
export function isDone(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
