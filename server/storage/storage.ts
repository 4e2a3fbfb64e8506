import { randomUUID } from 'node:crypto'
import type { Dirent, Stats } from 'node:fs'
import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { FileReference, Files, FolderType } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { contentHash } from './content-hash.ts'
import { besideUs, type FileSystem } from './file-system.ts'
import { outside, pathInside, plainName } from './inside.ts'
import { refusingName } from './known-failure.ts'
import { NumberedNames } from './numbered-names.ts'
import { placeBelow } from './place.ts'
import { type Claim, Receipts } from './receipts.ts'
import { FileSeries } from './series.ts'
import { codeOf, createFile, replaceFile } from './write-file.ts'

export interface StorageRoots {
  readonly inputRoot: string
  readonly outputRoot: string
  readonly tempRoot: string
  /** Where runs note what they have written: see Receipts. */
  readonly receiptsRoot: string
}

/** A file that was written, by its content too. */
export interface Written extends FileReference {
  readonly sha256: string
  readonly size: number
}

export interface Upload {
  readonly type: FolderType
  readonly subfolder: string
  readonly filename: string
  readonly bytes: Uint8Array
  readonly overwrite: boolean
}

/** The folder that ComfyUI's clients may append to a name. */
export const ANNOTATION = / \[(input|output|temp)\]$/

/** How long a temporary file stays in any case, since it was written or a run had to do with it, in ms. */
export const TEMP_NEW = 600_000

const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.avif', '.gif'])

/** The three folders of a host. Every name that comes from outside is resolved inside its root first. */
export class Storage implements Files {
  readonly #roots: Readonly<Record<FolderType, string>>
  readonly #series: Readonly<Record<'output' | 'temp', FileSeries>>

  readonly #receipts: Receipts
  readonly #drafts: string
  readonly #files: FileSystem
  readonly #numbered: NumberedNames
  readonly #renewAfter: number
  /** A part of the names of temporary files: whoever kept one must not find another picture there after a restart. */
  readonly #era = randomUUID().slice(0, 8)
  /** When temporary files were renewed, by their place. Their own dates tell whether they have changed. */
  readonly #uses = new Map<string, number>()

  private constructor(
    roots: Readonly<Record<FolderType, string>>,
    receiptsRoot: string,
    files: FileSystem,
    renewAfter: number,
  ) {
    this.#roots = roots
    this.#files = files
    this.#numbered = new NumberedNames(files)
    this.#renewAfter = renewAfter
    this.#drafts = draftsIn(roots.temp)
    this.#receipts = new Receipts(receiptsRoot, files)
    this.#series = {
      output: new FileSeries(roots.output, this.#drafts, files),
      temp: new FileSeries(roots.temp, this.#drafts, files),
    }
  }

  /** @param renewAfter ms after which a file may be renewed, for whoever deletes old ones */
  static async open(
    roots: StorageRoots,
    files: FileSystem = besideUs,
    renewAfter = Number.POSITIVE_INFINITY,
  ): Promise<Storage> {
    const { inputRoot, outputRoot, tempRoot, receiptsRoot } = roots
    for (const root of [inputRoot, outputRoot, tempRoot]) await mkdir(root, { recursive: true })
    return new Storage({ input: inputRoot, output: outputRoot, temp: tempRoot }, receiptsRoot, files, renewAfter)
  }

  /** The pictures that LoadImage offers: those at the top of the input folder, by name. */
  async listInputs(): Promise<readonly string[]> {
    const entries = await entriesOf(this.#roots.input)
    const names = entries.filter((entry) => !entry.isDirectory() && PICTURES.has(extname(entry.name).toLowerCase()))
    return names.map(({ name }) => name).sort()
  }

  /** The names at the top of a folder, the newest first. */
  async listNewest(type: FolderType): Promise<readonly string[]> {
    const root = this.#roots[type]
    const entries = (await entriesOf(root)).filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    const dated = await Promise.all(
      entries.map(async ({ name }) => ({ name, time: (await stat(join(root, name)).catch(() => undefined))?.mtimeMs })),
    )
    // Others may delete files meanwhile.
    const present = dated.filter((entry): entry is { name: string; time: number } => entry.time !== undefined)
    return present.sort((a, b) => b.time - a.time).map(({ name }) => name)
  }

  /** Bytes of what LoadImage would open; undefined when it could not. */
  async size(name: string): Promise<number | undefined> {
    try {
      return (await this.#find(referenceOf(name))).found.size
    } catch {
      return undefined
    }
  }

  /** Where a file is. @throws RestorationError `path_outside`, `file_not_found` */
  async path(reference: FileReference): Promise<string> {
    return (await this.#find(reference)).path
  }

  /** Size and time of change of a file that was written; undefined when it is gone. */
  async state(reference: FileReference): Promise<string | undefined> {
    try {
      return stateOf((await this.#find(reference)).found)
    } catch {
      return undefined
    }
  }

  /**
   * Has a file count as new for whoever deletes old ones: its owner sent or got it again. The file is not changed, but has
   * a new date once it is as old as is deleted.
   */
  async renew(named: string | FileReference): Promise<void> {
    const reference = typeof named === 'string' ? referenceOf(named) : named
    const isTemporary = reference.type === 'temp'
    if (!isTemporary && this.#renewAfter === Number.POSITIVE_INFINITY) return
    const file = await this.#find(reference).catch(() => undefined)
    if (file === undefined) return
    if (isTemporary) this.#uses.set(placeBelow(this.#roots.temp, file.path), Date.now())
    if (Date.now() - file.found.ctimeMs <= this.#renewAfter) return
    // Also a change to what it is; who may not do it has not put it there.
    await chmod(file.path, file.found.mode).catch(() => undefined)
  }

  /** The places of temporary files that are renewed after a moment, also from now on; earlier ones are forgotten. */
  usedSince(moment: number): Pick<ReadonlySet<string>, 'has'> {
    for (const [place, time] of this.#uses) if (time < moment) this.#uses.delete(place)
    return this.#uses
  }

  async read(name: string): Promise<Uint8Array> {
    return this.#files.readFile(await this.path(referenceOf(name)))
  }

  /** Cheap, and enough to notice that a file was replaced, also by one of the same size and date, or within a tick of the clock. */
  async fingerprint(name: string): Promise<string> {
    const { found } = await this.#find(referenceOf(name))
    return `${stateOf(found)}:${found.ctimeMs}:${found.ino}`
  }

  async write(type: 'output' | 'temp', prefix: string, extension: string, bytes: Uint8Array): Promise<FileReference> {
    const series = this.#seriesOf(type, prefix)
    return { ...(await this.#series[type].write(series, extension, bytes).catch(refusingName(prefix))), type }
  }

  /** As `write`, but once only: a run that is run again gets the file that it wrote before. */
  async deliver(
    claim: Claim,
    type: 'output' | 'temp',
    prefix: string,
    extension: string,
    bytes: Uint8Array,
  ): Promise<Written> {
    const place = await this.#series[type]
      .deliver(this.#receipts, claim, this.#seriesOf(type, prefix), extension, bytes)
      .catch(refusingName(prefix))
    const reference = { filename: place.filename, subfolder: place.subfolder, type }
    const content = place.isNew ? bytes : await this.#files.readFile(await this.path(reference))
    return { ...reference, sha256: await contentHash(content), size: content.length }
  }

  /**
   * Keeps an upload. A name that is taken by the same content is reused, by other content gets a number, unless it
   * may be overwritten (ComfyUI server.py, image_upload). What is there already is not written again, so that results
   * made of it stay known.
   * @throws RestorationError `path_outside`
   */
  async save({ type, filename, bytes, overwrite, ...upload }: Upload): Promise<FileReference> {
    if (/^\.?$|[/\\]/.test(filename)) throw outside(filename)
    const subfolder = plainName(upload.subfolder)
    const path = await pathInside(this.#roots[type], subfolder === '' ? filename : `${subfolder}/${filename}`)
    const reference = { filename, subfolder, type }
    const create = (free: string) => createFile(free, bytes, this.#drafts).catch(refusingName(basename(free)))
    const found = await this.#files.stat(path).catch(() => undefined)
    if (found === undefined && !overwrite && (await create(path))) return reference
    // Where another upload was quicker nothing is known of its size.
    if (found === undefined || found.size === bytes.length) {
      const present = await this.#files.readFile(path).catch(() => undefined)
      if (present?.equals(bytes) === true) {
        await this.renew(reference)
        return reference
      }
    }
    if (!overwrite) return { ...reference, filename: await this.#numbered.put(path, create) }
    await replaceFile(path, bytes, this.#drafts).catch(refusingName(filename))
    return reference
  }

  #seriesOf(type: 'output' | 'temp', prefix: string): string {
    return type === 'temp' ? `${prefix}_${this.#era}` : prefix
  }

  async #find({ type, subfolder, filename }: FileReference): Promise<{ readonly path: string; readonly found: Stats }> {
    const name = subfolder === '' ? filename : `${subfolder}/${filename}`
    const path = await pathInside(this.#roots[type], name, this.#files)
    const found = await this.#files.stat(path).catch(() => undefined)
    if (found?.isFile() === true) return { path, found }
    throw new RestorationError(
      'file_not_found',
      `There is no file '${name}' in the ${type} folder.`,
      'Upload the file, or choose one that is there.',
    )
  }
}

/** What is in a folder: nothing once it has been removed itself. */
async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** `[subfolder/]file`, optionally with the folder's type in brackets after a blank. */
function referenceOf(name: string): FileReference {
  const type = ANNOTATION.exec(name)?.[1] ?? 'input'
  return { filename: name.replace(ANNOTATION, ''), subfolder: '', type: type as FolderType }
}

function stateOf({ size, mtimeMs }: Stats): string {
  return `${size}:${mtimeMs}`
}

/** Where files are until they are whole; the temporary folder is emptied when the host starts. */
export function draftsIn(tempRoot: string): string {
  return join(tempRoot, '.drafts')
}
