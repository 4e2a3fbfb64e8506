import { lstat, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExpireOptions, isDone } from './expire.ts'
import { placeBelow } from './place.ts'

/**
 * Deletes files below a folder, those first that nobody has written, moved or copied there for the longest time, until the
 * rest is small enough. Links are not followed.
 * @param most bytes that may stay
 * @param before what is newer than this stays in any case, in ms
 * @returns the place of each file that went, with `/` between folders; files that may not be deleted stay
 */
export async function* shrink(
  folder: string,
  most: number,
  before: number,
  { stays = () => false, signal }: ExpireOptions = {},
): AsyncGenerator<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = []
  let bytes = 0
  for (const entry of entries) {
    if (signal?.aborted === true) return
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    const found = await lstat(path).catch(() => undefined)
    if (found === undefined) continue
    bytes += found.size
    files.push({ path, size: found.size, time: Math.max(found.mtimeMs, found.ctimeMs) })
  }
  if (bytes <= most) return
  for (const { path, size, time } of files.sort((a, b) => a.time - b.time)) {
    if (bytes <= most || time >= before || signal?.aborted === true) return
    const place = placeBelow(folder, path)
    if (stays(place) || !(await isDone(unlink(path)))) continue
    bytes -= size
    yield place
  }
}
