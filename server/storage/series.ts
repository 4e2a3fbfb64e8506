import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathInside } from './inside.ts'

/** Counts up the files of numbered series, `{prefix}_{00001}_.{extension}`, as ComfyUI names them. */
export class FileSeries {
  readonly #root: string
  /** The last number used, by prefix; the folder is listed only once for each. */
  readonly #last = new Map<string, number>()

  constructor(root: string) {
    this.#root = root
  }

  /** Writes the next file; other writers of the same series are stepped over, never overwritten. */
  async write(prefix: string, extension: string, bytes: Uint8Array): Promise<{ filename: string; subfolder: string }> {
    const path = await pathInside(this.#root, dated(prefix))
    const folder = dirname(path)
    const stem = basename(path)
    await mkdir(folder, { recursive: true })
    let number = this.#last.get(path) ?? (await lastNumber(folder, stem))
    for (;;) {
      number++
      this.#last.set(path, Math.max(number, this.#last.get(path) ?? 0))
      const filename = `${stem}_${String(number).padStart(5, '0')}_.${extension}`
      if (await writeNew(join(folder, filename), bytes)) {
        return { filename, subfolder: dirname(dated(prefix)).replace(/^\.$/, '') }
      }
      number = Math.max(number, this.#last.get(path) ?? 0)
    }
  }
}

/** False when the file exists already. */
async function writeNew(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function lastNumber(folder: string, stem: string): Promise<number> {
  const start = `${stem}_`
  let last = 0
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start)) continue
    const number = /^(\d+)_?\./.exec(name.slice(start.length))?.[1]
    if (number !== undefined) last = Math.max(last, Number(number))
  }
  return last
}

/** Fills in the placeholders of ComfyUI's folder_paths.py that do not depend on the picture. */
function dated(prefix: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return prefix
    .replaceAll('%year%', String(now.getFullYear()))
    .replaceAll('%month%', two(now.getMonth() + 1))
    .replaceAll('%day%', two(now.getDate()))
    .replaceAll('%hour%', two(now.getHours()))
    .replaceAll('%minute%', two(now.getMinutes()))
    .replaceAll('%second%', two(now.getSeconds()))
}
