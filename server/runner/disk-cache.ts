import { mkdir, readdir, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeResult } from './cache.ts'
import type { Packed } from './result-codec.ts'
import { packed, readResult, writeResult } from './result-file.ts'

export interface DiskCacheOptions {
  readonly folder: string
  /** What all files together may take, in bytes. */
  readonly budget: number
  /** What results depend on besides their graph, such as the code of the nodes; others are never found. */
  readonly version: () => Promise<string>
  /** Gets what keeps results from being written. */
  readonly onTrouble: (error: unknown) => void
  /** In ms. @default Date.now */
  readonly now?: () => number
}

/** A result that was found, and what it took to compute, in ms. */
export interface Found {
  readonly result: NodeResult
  readonly cost: number
}

interface Entry {
  readonly bytes: number
  readonly cost: number
  /** Output nodes of its expansion showed something. */
  readonly shows: boolean
  /** When it was written or used last, in ms. */
  used: number
}

/** What reading costs at least, in bytes per ms and in ms: results that are computed faster stay off the disk. */
const SPEED = 500_000
const DELAY = 20
/** Results that wait to be written hold their memory. */
const MOST_WAITING = 256 * 2 ** 20
/** How far below its budget the cache goes when it has to. */
const MARGIN = 0.9
/** In how many ms without a use an entry loses half its worth. */
const HALF_LIFE = 24 * 3_600_000
/** After how many ms a file that was not written to its end never will be. */
const ABANDONED = 3_600_000
const NAME = /^([0-9a-f]{16}-[0-9a-f]{64})-(\d+)(-shows)?$/

/**
 * Results on disk, so that they outlive the process: a file each, written whole or not at all and read with its checksum.
 * Within its budget of bytes; what is worth least goes first, by cost per byte and the time since it was used. The file's
 * name says its version, signature and cost, its time when it was used: there is no index that could differ.
 */
export class DiskCache {
  readonly #options: DiskCacheOptions
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  #version = ''
  #bytes = 0
  #waiting = 0
  #isLoaded = false
  readonly #loaded: Promise<void>
  #writing: Promise<void>
  /** Counts the times that it was cleared, so that what waits to be written then is not. */
  #epoch = 0

  constructor(options: DiskCacheOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#loaded = this.#load()
      .catch(options.onTrouble)
      .finally(() => {
        this.#isLoaded = true
      })
    this.#writing = this.#loaded
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when all that was set is written. */
  async settled(): Promise<void> {
    await this.#writing
  }

  /** Undefined at once where there is nothing to be read. */
  get(signature: string): Promise<Found | undefined> | undefined {
    if (!this.#isLoaded) return this.#loaded.then(() => this.get(signature))
    const key = this.#keyOf(signature)
    const entry = this.#entries.get(key)
    return entry === undefined ? undefined : this.#read(key, entry)
  }

  /** As `get`, of results in whose expansion something was shown. */
  getShowing(signature: string): Promise<Found | undefined> | undefined {
    if (!this.#isLoaded) return this.#loaded.then(() => this.getShowing(signature))
    return this.#entries.get(this.#keyOf(signature))?.shows === true ? this.get(signature) : undefined
  }

  /** Has the result written in its own time, if it is all data and was slow enough to compute. @param cost in ms */
  set(signature: string, result: NodeResult, cost: number): void {
    if (cost < DELAY) return
    const file = packed(result)
    if (file === undefined || file.bytes > this.#options.budget || cost < DELAY + file.bytes / SPEED) return
    if (this.#waiting + file.bytes > MOST_WAITING && this.#waiting > 0) return
    this.#waiting += file.bytes
    const epoch = this.#epoch
    const isWanted = () => epoch === this.#epoch
    const entry = { bytes: file.bytes, cost: Math.round(cost), shows: result.inner !== undefined, used: this.#now() }
    this.#writing = this.#writing
      .then(() => (isWanted() ? this.#write(this.#keyOf(signature), entry, file.packed, isWanted) : undefined))
      .catch(this.#options.onTrouble)
      .finally(() => {
        this.#waiting -= file.bytes
      })
  }

  /** Nothing is found from now on; the files go in their own time, and the promise with them. */
  async clear(): Promise<void> {
    this.#epoch++
    if (!this.#isLoaded) await this.#loaded
    const paths = [...this.#entries].map(([key, entry]) => this.#pathOf(key, entry))
    this.#entries.clear()
    this.#bytes = 0
    this.#writing = this.#writing.then(async () => {
      for (const path of paths) await unlink(path).catch(() => {})
    })
    await this.#writing
  }

  async #load(): Promise<void> {
    const { folder, version } = this.#options
    this.#version = (await version()).slice(0, 16)
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      const [, key, cost, shows] = NAME.exec(name) ?? []
      if (found === undefined) continue
      if (name.endsWith('.part') && this.#now() - found.mtimeMs > ABANDONED) await unlink(path).catch(() => {})
      if (key === undefined) continue
      // Two processes may have computed it, at different costs.
      await this.#remove(key)
      this.#add(key, { bytes: found.size, cost: Number(cost), shows: shows !== undefined, used: found.mtimeMs })
    }
    await this.#makeRoom(0)
  }

  #keyOf(signature: string): string {
    return `${this.#version}-${signature}`
  }

  #pathOf(key: string, { cost, shows }: Entry): string {
    return join(this.#options.folder, `${key}-${cost}${shows ? '-shows' : ''}`)
  }

  async #read(key: string, entry: Entry): Promise<Found | undefined> {
    const path = this.#pathOf(key, entry)
    try {
      const result = (await readResult(path)) as NodeResult
      entry.used = this.#now()
      // Where that is not allowed, the use is forgotten with the process.
      await utimes(path, entry.used / 1000, entry.used / 1000).catch(() => {})
      return { result, cost: entry.cost }
    } catch {
      // Somebody has deleted or damaged it: as if it had never been there.
      if (this.#entries.get(key) === entry) await this.#remove(key)
      return undefined
    }
  }

  async #write(key: string, entry: Entry, content: Packed, isWanted: () => boolean): Promise<void> {
    await this.#remove(key)
    await this.#makeRoom(entry.bytes)
    const path = this.#pathOf(key, entry)
    await writeResult(path, content)
    if (isWanted()) this.#add(key, entry)
    else await unlink(path).catch(() => {})
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { budget } = this.#options
    if (this.#bytes + bytes <= budget) return
    const now = this.#now()
    const byWorth = [...this.#entries].map(([key, entry]) => ({ key, worth: worthOf(entry, now) }))
    for (const { key } of byWorth.sort((a, b) => a.worth - b.worth)) {
      if (this.#bytes + bytes <= budget * MARGIN) return
      await this.#remove(key)
    }
  }

  #add(key: string, entry: Entry): void {
    this.#bytes += entry.bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.set(key, entry)
  }

  async #remove(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
    await unlink(this.#pathOf(key, entry)).catch(() => {})
  }
}

function worthOf({ cost, bytes, used }: Entry, now: number): number {
  return (cost / bytes) * 2 ** ((used - now) / HALF_LIFE)
}
