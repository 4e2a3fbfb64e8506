import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, createFile, isWithoutLinks, linkInto } from './write-file.ts'

/** Which file of a run: the how-manieth that a node of it writes, from 0. */
export interface Claim {
  readonly run: string
  readonly node: string
  readonly index: number
}

/** A file of a series, by its place below the series' root. */
export interface Place {
  readonly filename: string
  readonly subfolder: string
}

/**
 * What runs that have not been written down as ended have put into their folders: a folder for each run, in it for each
 * file a note of its name, written before the file, and a second link to it. A run that is run again after a crash
 * finds there what it has delivered already, and does not deliver it twice.
 */
export class Receipts {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  entry(claim: Claim): Receipt {
    return new Receipt(this.#folderOf(claim.run), digest(`${claim.node}\0${claim.index}`))
  }

  /** To be called when the run is written down as ended. */
  async forget(run: string): Promise<void> {
    await rm(this.#folderOf(run), { recursive: true, force: true })
  }

  /** Forgets all runs but those that will be run again. */
  async keepOnly(runs: readonly string[]): Promise<void> {
    const kept = new Set(runs.map(digest))
    const folders = await readdir(this.#root).catch(() => [])
    for (const folder of folders.filter((name) => !kept.has(name))) {
      await rm(join(this.#root, folder), { recursive: true, force: true })
    }
  }

  #folderOf(run: string): string {
    return join(this.#root, digest(run))
  }
}

const noteSchema = z.object({ filename: z.string(), subfolder: z.string(), sha256: z.string() })

/** One file of one run. */
export class Receipt {
  readonly #folder: string
  readonly #note: string
  readonly #copy: string
  #isWritten = false

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#note = join(folder, `${name}.json`)
    this.#copy = join(folder, name)
  }

  /** Where an earlier attempt has put the file, if it came that far and the file is still there. */
  async delivered(root: string): Promise<(Place & { readonly sha256: string }) | undefined> {
    const note = await this.#readNote()
    if (note === undefined) return undefined
    const path = join(root, note.subfolder, note.filename)
    const [file, copy] = await Promise.all([path, this.#copy].map((one) => stat(one).catch(() => undefined)))
    if (file === undefined) return undefined
    const isSame = copy !== undefined && copy.ino === file.ino && copy.dev === file.dev
    return isSame || (await sha256Of(path)) === note.sha256 ? note : undefined
  }

  /** Puts the file to its path, whole or not at all; false when the name is taken. */
  async deliver(path: string, place: Place, bytes: Uint8Array, sha256: string): Promise<boolean> {
    if (!this.#isWritten) await this.#write(bytes)
    this.#isWritten = true
    await writeFile(this.#note, JSON.stringify({ ...place, sha256 }))
    try {
      await linkInto(this.#copy, path)
      return true
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') return false
      if (code !== 'EXDEV' && !isWithoutLinks(code)) throw error
      return await createFile(path, bytes)
    }
  }

  /** An earlier copy is not written over: it may be the same file as one that somebody has moved. */
  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeFile(this.#copy, bytes, { flag: 'wx' })
    } catch (error) {
      if (codeOf(error) === 'EEXIST') await rm(this.#copy)
      else if (codeOf(error) === 'ENOENT') await mkdir(this.#folder, { recursive: true })
      else throw error
      await writeFile(this.#copy, bytes, { flag: 'wx' })
    }
  }

  /** A note that is only half there was not followed by a file. */
  async #readNote(): Promise<z.infer<typeof noteSchema> | undefined> {
    try {
      return noteSchema.parse(JSON.parse(await readFile(this.#note, 'utf8')))
    } catch {
      return undefined
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
