import { readdir } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { besideUs, type FileSystem } from './file-system.ts'
import { pathInside, plainName } from './inside.ts'
import type { Place } from './place.ts'
import type { Claim, Receipts } from './receipts.ts'
import { createFile } from './write-file.ts'

/** Counts up the files of numbered series, `{prefix}_{00001}_.{extension}`, as ComfyUI names them. */
export class FileSeries {
  readonly #root: string
  readonly #drafts: string
  readonly #files: FileSystem
  /** The last number used, by prefix; the folder is listed only once for each. */
  readonly #last = new Map<string, number>()

  /** @param drafts a folder for files that are not yet whole */
  constructor(root: string, drafts: string, files: FileSystem = besideUs) {
    this.#root = root
    this.#drafts = drafts
    this.#files = files
  }

  /** Writes the next file; other writers of the same series are stepped over, never overwritten. */
  write(prefix: string, extension: string, bytes: Uint8Array): Promise<Place> {
    return this.#next(prefix, extension, (path) => createFile(path, bytes, this.#drafts))
  }

  /** As `write`, unless an earlier attempt at the same has put a file there: then that is the one. */
  async deliver(
    receipts: Receipts,
    claim: Claim,
    prefix: string,
    extension: string,
    bytes: Uint8Array,
  ): Promise<Place & { readonly isNew: boolean }> {
    const delivered = await receipts.delivered(claim, this.#root)
    if (delivered !== undefined) return { ...delivered, isNew: false }
    const put = (path: string, place: Place) => receipts.deliver(claim, path, place, bytes)
    return { ...(await this.#next(prefix, extension, put)), isNew: true }
  }

  /** Tries one name after the other until `put` finds one that is free. */
  async #next(
    prefix: string,
    extension: string,
    put: (path: string, place: Place) => Promise<boolean>,
  ): Promise<Place> {
    // Before it is split: an absolute prefix or one with '..' is refused, not tidied up.
    const { subfolder, stem } = splitPrefix(plainName(dated(prefix, new Date())))
    const folder = subfolder === '' ? this.#root : await pathInside(this.#root, subfolder, this.#files)
    const series = join(folder, stem)
    let number = this.#last.get(series) ?? (await lastNumber(folder, stem))
    for (;;) {
      number = Math.max(number, this.#last.get(series) ?? 0) + 1
      this.#last.set(series, number)
      const filename = `${stem}_${String(number).padStart(5, '0')}_.${extension}`
      try {
        if (await put(join(folder, filename), { filename, subfolder })) return { filename, subfolder }
      } catch (error) {
        // Whoever tries again shall leave no gap.
        if (this.#last.get(series) === number) this.#last.set(series, number - 1)
        throw error
      }
    }
  }
}

/** Folder and start of the name; an empty prefix, or one that is only a folder, is as good as any other. */
function splitPrefix(prefix: string): { subfolder: string; stem: string } {
  const plain = posix.normalize(prefix).replace(/\/+$/, '')
  const subfolder = posix.dirname(plain)
  return { subfolder: subfolder === '.' ? '' : subfolder, stem: plain === '.' ? '' : posix.basename(plain) }
}

/**
 * The highest number of a series. One of more digits than we would ever count to is none, such as a time stamp: from 2^53 on
 * the next one is the same.
 */
async function lastNumber(folder: string, stem: string): Promise<number> {
  const start = `${stem}_`
  let last = 0
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start)) continue
    const number = /^(\d{1,9})_?\./.exec(name.slice(start.length))?.[1]
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
