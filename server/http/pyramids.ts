import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

/** Side of a tile in pixels. */
export const TILE = 512
/** Bytes that all pyramids together may take; a picture of 100 megapixels takes 400 MB. */
const MOST_BYTES = 4 * 2 ** 30

/** How often a picture is halved, itself included, until it fits into one tile; as libvips does it. */
export function levelsOf(width: number, height: number): number {
  let levels = 1
  for (let longest = Math.max(width, height); longest > TILE; longest >>= 1) levels++
  return levels
}

const underWay = new Map<string, Promise<string>>()

/**
 * The pyramid of a picture: a tiled TIFF, written at the first call and again when the picture has changed. The least
 * recently used ones go when there is no room.
 * @param write writes it to a file
 */
export async function pyramidOf(
  path: string,
  folder: string,
  write: (file: string) => Promise<void>,
  mostBytes = MOST_BYTES,
): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path)
  const name = createHash('sha256')
    .update(JSON.stringify([path, mtimeMs, size, ino]))
    .digest('hex')
    .slice(0, 40)
  const file = join(folder, `${name}.tif`)
  const now = new Date()
  const isThere = await utimes(file, now, now).then(
    () => true,
    () => false,
  )
  if (isThere) return file
  const pending = underWay.get(file)
  if (pending !== undefined) return pending
  const made = make(file, folder, write, mostBytes).finally(() => underWay.delete(file))
  underWay.set(file, made)
  return made
}

async function make(
  file: string,
  folder: string,
  write: (file: string) => Promise<void>,
  mostBytes: number,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const part = `${file}.part`
  try {
    await write(part)
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
  await makeRoom(folder, file, mostBytes)
  return file
}

async function makeRoom(folder: string, newest: string, mostBytes: number): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name))
  const files = await Promise.all(paths.map(async (path) => ({ path, ...(await sizeAndTime(path)) })))
  let bytes = files.reduce((sum, { size }) => sum + size, 0)
  for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
    if (bytes <= mostBytes) break
    if (path === newest || underWay.has(path.replace(/\.part$/, ''))) continue
    await rm(path, { force: true })
    bytes -= size
  }
}

async function sizeAndTime(path: string): Promise<{ size: number; time: number }> {
  const found = await stat(path).catch(() => undefined)
  return { size: found?.size ?? 0, time: found?.mtimeMs ?? 0 }
}
