import { messageOf } from '../message-of.ts'
import type { FileIndex } from '../storage/file-index.ts'
import type { HostFiles } from '../storage/host-files.ts'
import { placeOf } from '../storage/place.ts'
import { shrink } from '../storage/shrink.ts'
import { TEMP_NEW } from '../storage/storage.ts'
import { picturesOf } from './job.ts'
import type { RunChange, Runs } from './runs.ts'

export interface TempLimitOptions {
  /** The temporary folder. */
  readonly folder: string
  readonly runs: Pick<Runs, 'oldestOpen' | 'subscribe'>
  readonly files: Pick<HostFiles, 'renew' | 'usedSince'>
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
  readonly #unsubscribe: () => void
  readonly #closing = new AbortController()
  #isLooking = false

  constructor(options: TempLimitOptions) {
    this.#options = options
    this.#unsubscribe = options.runs.subscribe((change) => this.#keepShown(change))
    this.#timer = setInterval(() => void this.#look(), options.pause ?? 300_000).unref()
  }

  close(): void {
    this.#closing.abort()
    this.#unsubscribe()
    clearInterval(this.#timer)
  }

  /** What a run shows without having made it may be as old as the run that did. */
  #keepShown(change: RunChange): void {
    if (change.type !== 'event' || change.event.type !== 'node_finished' || change.event.ui === null) return
    const { node, ui } = change.event
    for (const file of picturesOf({ [node]: ui })) if (file.type === 'temp') void this.#options.files.renew(file)
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const { signal } = this.#closing
    const { folder, runs, files, fileIndex, log, most = 4 * 2 ** 30 } = this.#options
    try {
      // What an open run was sent with, or has shown, stays until it has ended.
      const before = (runs.oldestOpen() ?? Date.now()) - TEMP_NEW
      const used = files.usedSince(before)
      for await (const file of shrink(folder, most, before, { stays: (file) => used.has(file), signal })) {
        if (!signal.aborted) fileIndex.forget({ type: 'temp', ...placeOf(file) })
      }
    } catch (error) {
      log(`The temporary folder cannot be made smaller, and is tried again: ${messageOf(error)}.`)
    }
    this.#isLooking = false
  }
}
