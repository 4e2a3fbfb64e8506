import type { Dirent } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { pathInside } from './inside.ts'
import { refusingName } from './known-failure.ts'
import { codeOf, createFile, moveFile, onlyMissing, replaceFile } from './write-file.ts'

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
    return readFile(await this.#existing(path, 'file')).catch(sayingAbsent('file', path))
  }

  /** Writes a file whole or not at all; undefined when it is there and may not be replaced. */
  async write(path: string, bytes: Uint8Array, overwrite: boolean): Promise<UserFile | undefined> {
    const target = await this.#inside(path)
    if (overwrite) await replaceFile(target, bytes, this.#drafts).catch(refusingName(path))
    else if (!(await createFile(target, bytes, this.#drafts).catch(refusingName(path)))) return undefined
    return this.#described(target, path)
  }

  /** @throws RestorationError `path_outside`, `file_not_found` */
  async remove(path: string): Promise<void> {
    await rm(await this.#existing(path, 'file')).catch(sayingAbsent('file', path))
  }

  /** Gives a file another path; undefined when that is taken and may not be replaced. */
  async move(from: string, to: string, overwrite: boolean): Promise<UserFile | undefined> {
    const source = await this.#existing(from, 'file')
    const target = await this.#inside(to)
    if (overwrite) {
      await mkdir(dirname(target), { recursive: true }).catch(refusingName(to))
      await rename(source, target).catch(refusingName(to)).catch(sayingAbsent('file', from))
    } else {
      const isMoved = await moveFile(source, target).catch(refusingName(to)).catch(sayingAbsent('file', from))
      if (!isMoved) return undefined
    }
    return this.#described(target, to)
  }

  /** The files of a folder, of its subfolders too when asked for; paths are relative to that folder. */
  async list(folder: string, recurse: boolean): Promise<readonly UserFile[]> {
    const base = await this.#existing(folder, 'directory')
    const entries = await entriesIn(base, recurse, folder)
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    const described = await Promise.all(files.map((entry) => this.#describe(join(entry.parentPath, entry.name), base)))
    return described.filter(isPresent).sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Files and folders under a folder, folders first; the top is there even when it is empty. */
  async entries(folder: string): Promise<readonly UserEntry[]> {
    const base = await this.#existing(folder, 'directory')
    const all = await entriesIn(base, true, folder)
    const shown = all.filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()))
    const entries = await Promise.all(
      shown.map(async (entry): Promise<UserEntry | undefined> => {
        const { name, parentPath } = entry
        const path = slashed(relative(this.#root, join(parentPath, name)))
        if (entry.isDirectory()) return { name, path, type: 'directory' }
        const found = await stat(join(parentPath, name)).catch(onlyMissing)
        return found && { name, path, type: 'file', size: found.size, modified: found.mtimeMs / 1000 }
      }),
    )
    const key = ({ name, type }: UserEntry) => `${type === 'directory' ? 0 : 1}${name.toLowerCase()}`
    return entries.filter(isPresent).sort((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  async #existing(path: string, kind: 'file' | 'directory'): Promise<string> {
    const place = await pathInside(this.#root, path)
    const found = await stat(place).catch(() => undefined)
    if (kind === 'file' ? found?.isFile() : found?.isDirectory()) return place
    throw absent(kind, path)
  }

  async #inside(path: string): Promise<string> {
    const target = await pathInside(this.#root, path)
    if (target !== this.#root && !/[/\\]$/.test(path)) return target
    throw new RestorationError('invalid_input', `Expected the name of a file, got '${path}'.`, 'Name a file.')
  }

  async #described(place: string, path: string): Promise<UserFile> {
    const file = await this.#describe(place)
    if (file === undefined) throw absent('file', path)
    return file
  }

  /** Undefined when it is gone: others may delete files meanwhile. */
  async #describe(place: string, base = this.#root): Promise<UserFile | undefined> {
    const found = await stat(place).catch(onlyMissing)
    if (found === undefined) return undefined
    const { size, mtimeMs, birthtimeMs } = found
    const path = slashed(relative(base, place))
    return { path, size, modified: Math.round(mtimeMs), created: Math.round(birthtimeMs) }
  }
}

/** What is in a folder. @throws RestorationError `file_not_found` when it is gone, called as whoever asks called it */
function entriesIn(place: string, recursive: boolean, folder: string): Promise<Dirent[]> {
  return readdir(place, { recursive, withFileTypes: true }).catch(sayingAbsent('directory', folder))
}

function absent(kind: 'file' | 'directory', path: string): RestorationError {
  return new RestorationError('file_not_found', `There is no ${kind} '${path}'.`, 'Name one that is there.')
}

/** For a promise about something that was there a moment ago. */
function sayingAbsent(kind: 'file' | 'directory', path: string): (error: unknown) => never {
  return (error) => {
    throw codeOf(error) === 'ENOENT' ? absent(kind, path) : error
  }
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}
