import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { pathInside } from './inside.ts'
import { refusingName } from './known-failure.ts'
import { createFile, replaceFile } from './write-file.ts'

/** A file that a client keeps on the host; the path is relative and has slashes, times are in milliseconds. */
export interface UserFile {
  readonly path: string
  readonly size: number
  readonly modified: number
  readonly created: number
}

/** Anything in a folder of the user's files; `modified` in seconds since 1970, as ComfyUI's second listing has it. */
export interface UserEntry {
  readonly name: string
  readonly path: string
  readonly type: 'file' | 'directory'
  readonly size?: number
  readonly modified?: number
}

/** What clients keep on the host: workflows, and whatever else they like, by paths inside one folder. */
export class UserFiles {
  readonly #root: string

  readonly #drafts: string

  private constructor(root: string, drafts: string) {
    this.#root = root
    this.#drafts = drafts
  }

  /** @param drafts a folder for files that are not yet whole */
  static async open(root: string, drafts: string): Promise<UserFiles> {
    await mkdir(root, { recursive: true })
    return new UserFiles(root, drafts)
  }

  /** @throws RestorationError `path_outside`, `file_not_found` */
  async read(path: string): Promise<Uint8Array> {
    return readFile(await this.#existing(path, 'file'))
  }

  /** Writes a file whole or not at all; undefined when it is there and may not be replaced. */
  async write(path: string, bytes: Uint8Array, overwrite: boolean): Promise<UserFile | undefined> {
    const target = await this.#inside(path)
    if (overwrite) await replaceFile(target, bytes, this.#drafts).catch(refusingName(path))
    else if (!(await createFile(target, bytes, this.#drafts).catch(refusingName(path)))) return undefined
    return this.#describe(target)
  }

  async remove(path: string): Promise<void> {
    await rm(await this.#existing(path, 'file'))
  }

  /** Gives a file another path; undefined when that is taken and may not be replaced. */
  async move(from: string, to: string, overwrite: boolean): Promise<UserFile | undefined> {
    const source = await this.#existing(from, 'file')
    const target = await this.#inside(to)
    if (!overwrite && (await stat(target).catch(() => undefined)) !== undefined) return undefined
    await mkdir(dirname(target), { recursive: true }).catch(refusingName(to))
    await rename(source, target).catch(refusingName(to))
    return this.#describe(target)
  }

  /** The files of a folder, of its subfolders too when asked for; paths are relative to that folder. */
  async list(folder: string, recurse: boolean): Promise<readonly UserFile[]> {
    const base = await this.#existing(folder, 'directory')
    const entries = await readdir(base, { recursive: recurse, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    const described = await Promise.all(files.map((entry) => this.#describe(join(entry.parentPath, entry.name), base)))
    return described.sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Files and folders under a folder, folders first; the top is there even when it is empty. */
  async entries(folder: string): Promise<readonly UserEntry[]> {
    const base = await this.#existing(folder, 'directory')
    const all = await readdir(base, { recursive: true, withFileTypes: true })
    const shown = all.filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
    const entries = await Promise.all(
      shown.map(async (entry): Promise<UserEntry> => {
        const { name, parentPath } = entry
        const path = slashed(relative(this.#root, join(parentPath, name)))
        if (entry.isDirectory()) return { name, path, type: 'directory' }
        const { size, mtimeMs } = await stat(join(parentPath, name))
        return { name, path, type: 'file', size, modified: mtimeMs / 1000 }
      }),
    )
    const key = ({ name, type }: UserEntry) => `${type === 'directory' ? 0 : 1}${name.toLowerCase()}`
    return entries.sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async #existing(path: string, kind: 'file' | 'directory'): Promise<string> {
    const place = await pathInside(this.#root, path)
    const found = await stat(place).catch(() => undefined)
    if (kind === 'file' ? found?.isFile() : found?.isDirectory()) return place
    throw new RestorationError('file_not_found', `There is no ${kind} '${path}'.`, 'Name one that is there.')
  }

  async #inside(path: string): Promise<string> {
    const target = await pathInside(this.#root, path)
    if (target !== this.#root && !/[/\\]$/.test(path)) return target
    throw new RestorationError('invalid_input', `Expected the name of a file, got '${path}'.`, 'Name a file.')
  }

  async #describe(place: string, base = this.#root): Promise<UserFile> {
    const { size, mtimeMs, birthtimeMs } = await stat(place)
    const path = slashed(relative(base, place))
    return { path, size, modified: Math.round(mtimeMs), created: Math.round(birthtimeMs) }
  }
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}
