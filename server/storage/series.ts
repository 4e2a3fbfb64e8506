import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { pathInside } from './inside.ts'
import { createFile } from './write-file.ts'

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
    const name = dated(prefix, new Date())
    // Before it is split: an absolute prefix or one with '..' is refused, not tidied up.
    await pathInside(this.#root, name)
    const { subfolder, stem } = splitPrefix(name)
    const folder = subfolder === '' ? this.#root : await pathInside(this.#root, subfolder)
    const series = join(folder, stem)
    let number = this.#last.get(series) ?? (await lastNumber(folder, stem))
    for (;;) {
      number = Math.max(number, this.#last.get(series) ?? 0) + 1
      this.#last.set(series, number)
      const filename = `${stem}_${String(number).padStart(5, '0')}_.${extension}`
      if (await createFile(join(folder, filename), bytes)) return { filename, subfolder }
    }
  }
}

/** Folder and start of the name; an empty prefix, or one that is only a folder, is as good as any other. */
function splitPrefix(prefix: string): { subfolder: string; stem: string } {
  const plain = posix.normalize(prefix).replace(/\/+$/, '')
  const subfolder = posix.dirname(plain)
  return { subfolder: subfolder === '.' ? '' : subfolder, stem: plain === '.' ? '' : posix.basename(plain) }
}

async function lastNumber(folder: string, stem: string): Promise<number> {
  const start = `${stem}_`
  let last = 0
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start)) continue
    const number = /^(\d+)_?\./.exec(name.slice(start.length))?.[1]
    if (number !== undefined) last = Math.max(last, Number(number))
  }
  return last
}

/** Fills in the placeholders of ComfyUI's folder_paths.py that do not depend on the picture. */
function dated(prefix: string, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return prefix
    .replaceAll('%year%', String(now.getFullYear()))
    .replaceAll('%month%', two(now.getMonth() + 1))
    .replaceAll('%day%', two(now.getDate()))
    .replaceAll('%hour%', two(now.getHours()))
    .replaceAll('%minute%', two(now.getMinutes()))
    .replaceAll('%second%', two(now.getSeconds()))
}
