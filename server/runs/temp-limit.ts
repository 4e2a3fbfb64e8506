import { messageOf } from '../message-of.ts'
import { placeOf } from '../storage/expire.ts'
import { shrink } from '../storage/shrink.ts'
import { TEMP_NEW } from '../storage/storage.ts'
import type { FileIndex } from './file-index.ts'
import type { Runs } from './runs.ts'

export interface TempLimitOptions {
  /** The temporary folder. */
  readonly folder: string
  readonly runs: Pick<Runs, 'oldestOpen'>
  readonly fileIndex: Pick<FileIndex, 'forget'>
  readonly log: (line: string) => void
  /** Bytes that may stay. @default 4 GiB */
  readonly most?: number
  /** Between two looks, in ms. @default five minutes */
  readonly pause?: number
}

/** Keeps the temporary folder small while the host runs: what runs have shown goes when newer pictures need its room. */
export class TempLimit {
  readonly #options: TempLimitOptions
  readonly #timer: NodeJS.Timeout
  readonly #closing = new AbortController()
  #isLooking = false

  constructor(options: TempLimitOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#look(), options.pause ?? 300_000).unref()
  }

  close(): void {
    this.#closing.abort()
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const { signal } = this.#closing
    const { folder, runs, fileIndex, log, most = 4 * 2 ** 30 } = this.#options
    try {
      // What an open run was sent with, or has shown, stays until it has ended.
      const before = (runs.oldestOpen() ?? Date.now()) - TEMP_NEW
      for await (const file of shrink(folder, most, before, signal)) {
        if (!signal.aborted) fileIndex.forget({ type: 'temp', ...placeOf(file) })
      }
    } catch (error) {
      log(`The temporary folder cannot be made smaller, and is tried again: ${messageOf(error)}.`)
    }
    this.#isLooking = false
  }
}
