import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { besideUs, type FileSystem } from './file-system.ts'
import { type Place, placeOf } from './place.ts'
import { codeOf, createFile, isWithoutLinks, linkInto, onlyMissing } from './write-file.ts'

/** Which file of a run: the how-manieth that a node of it writes, from 0. */
export interface Claim {
  readonly run: string
  readonly node: string
  readonly index: number
}

/** Runs of which what they delivered is remembered. */
const MOST_RUNS = 64
/** Bytes of a file name, of the 255 that file systems allow, that a place may take up. */
const MOST_IN_NAME = 180
const NOTE = '.place'

/**
 * What runs that have not been written down as ended have put into their folders: a second link to each file, whose name
 * says of which run it is and where the first one was to go; it is there before the first one. A run that is run again
 * after a crash finds here what it has delivered already, and does not deliver it twice.
 */
export class Receipts {
  readonly #root: string
  readonly #files: FileSystem
  /** Names that earlier processes left behind, by claim; read once. */
  #left: Promise<ReadonlyMap<string, string>> | undefined
  /** Names that this process has given, by run and claim: runs may be run again by it, too. */
  readonly #own = new Map<string, Map<string, string>>()
  /** Whether there were too many of them to remember all. */
  #hasForgotten = false

  constructor(root: string, files: FileSystem = besideUs) {
    this.#root = root
    this.#files = files
  }

  /** Where an earlier attempt has put the file, below `root`, if it came that far and the file is still there. */
  async delivered(claim: Claim, root: string): Promise<Place | undefined> {
    this.#left ??= this.#readLeft()
    const key = keyOf(claim)
    const known = this.#own.get(claim.run)?.get(key) ?? (await this.#left).get(key)
    const name = known ?? (this.#hasForgotten ? (await this.#readLeft()).get(key) : undefined)
    const place = name === undefined ? undefined : await this.#placeIn(name)
    if (name === undefined || place === undefined) return undefined
    const paths = [join(root, place.subfolder, place.filename), join(this.#root, name)] as const
    return (await isSame(...paths)) ? place : undefined
  }

  /** Puts a file to its path, whole or not at all; false when the name is taken. */
  async deliver(claim: Claim, path: string, place: Place, bytes: Uint8Array): Promise<boolean> {
    const name = await this.#name(claim, place)
    const copy = join(this.#root, name)
    await this.#write(copy, bytes)
    let isDelivered = false
    try {
      isDelivered = await this.#put(copy, path, bytes)
    } finally {
      if (!isDelivered) await unlink(copy).catch(onlyMissing)
    }
    if (isDelivered) this.#note(claim, name)
    return isDelivered
  }

  /** To be called when runs are written down as ended, or are gone. */
  async forget(runs: readonly string[]): Promise<void> {
    const gone = new Set(runs.map(digest))
    await this.#remove((name) => gone.has(runIn(name)))
  }

  /** Forgets all runs but those that will be run again. */
  async keepOnly(runs: readonly string[]): Promise<void> {
    const kept = new Set(runs.map(digest))
    await this.#remove((name) => !kept.has(runIn(name)))
  }

  async #put(copy: string, path: string, bytes: Uint8Array): Promise<boolean> {
    try {
      await linkInto(copy, path, this.#files)
      return true
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') return false
      if (code !== 'EXDEV' && !isWithoutLinks(code)) throw error
      return await createFile(path, bytes)
    }
  }

  /** The runs that delivered last are remembered. */
  #note(claim: Claim, name: string): void {
    const names = this.#own.get(claim.run) ?? new Map<string, string>()
    this.#own.delete(claim.run)
    this.#own.set(claim.run, names.set(keyOf(claim), name))
    const [oldest] = this.#own.keys()
    if (this.#own.size <= MOST_RUNS || oldest === undefined) return
    this.#own.delete(oldest)
    this.#hasForgotten = true
  }

  /** The claim, then the place; a place that is too long for a name has a note of its own. */
  async #name(claim: Claim, { subfolder, filename }: Place): Promise<string> {
    const place = `${subfolder}/${filename}`
    const encoded = Buffer.from(place).toString('base64url')
    const name = `${keyOf(claim)}-`
    if (encoded.length <= MOST_IN_NAME) return name + encoded
    await this.#write(join(this.#root, `${name}${NOTE}`), Buffer.from(place))
    return name
  }

  async #placeIn(name: string): Promise<Place | undefined> {
    const encoded = name.slice(name.lastIndexOf('-') + 1)
    const place =
      encoded === ''
        ? await readFile(join(this.#root, name + NOTE), 'utf8').catch(() => '')
        : Buffer.from(encoded, 'base64url').toString()
    return place.includes('/') ? placeOf(place) : undefined
  }

  /** An earlier copy is not written over: it may be the same file as one that somebody has moved. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#files.writeNew(path, bytes)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') await unlink(path)
      else if (codeOf(error) === 'ENOENT') await mkdir(this.#root, { recursive: true })
      else throw error
      await this.#files.writeNew(path, bytes)
    }
  }

  async #readLeft(): Promise<ReadonlyMap<string, string>> {
    const names = await readdir(this.#root).catch(() => [])
    const copies = names.filter((name) => !name.endsWith(NOTE))
    return new Map(copies.map((name) => [name.slice(0, KEY_LENGTH), name]))
  }

  async #remove(isGone: (name: string) => boolean): Promise<void> {
    const names = await readdir(this.#root).catch(() => [])
    await Promise.all(names.filter(isGone).map((name) => unlink(join(this.#root, name)).catch(onlyMissing)))
  }
}

/** Whether two names are of one file, or where links are not possible, of one content. */
async function isSame(file: string, copy: string): Promise<boolean> {
  const [one, other] = await Promise.all([file, copy].map((path) => stat(path).catch(() => undefined)))
  if (one === undefined || other === undefined) return false
  if (one.ino === other.ino && one.dev === other.dev) return true
  if (one.size !== other.size) return false
  const [first, second] = await Promise.all([file, copy].map((path) => readFile(path)))
  return first!.equals(second!)
}

const DIGEST_LENGTH = 24
const KEY_LENGTH = 2 * DIGEST_LENGTH + 1

function keyOf({ run, node, index }: Claim): string {
  return `${digest(run)}-${digest(`${node}\0${index}`)}`
}

/** The digest of the run whose file it is. */
function runIn(name: string): string {
  return name.slice(0, DIGEST_LENGTH)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH)
}
