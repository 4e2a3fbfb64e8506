import type { FileReference, FolderType } from '../../nodes/sdk/context.ts'
import { messageOf } from '../message-of.ts'
import { expire } from '../storage/expire.ts'
import type { FileIndex } from '../storage/file-index.ts'
import { placeOf } from '../storage/place.ts'
import { picturesOf } from './job.ts'
import type { Runs } from './runs.ts'

export interface RetentionOptions {
  /** How long things are kept, in ms. */
  readonly keepFor: number
  /** Where uploads and results are. */
  readonly folders: Readonly<Record<FolderType, string>>
  /** What was made of them. */
  readonly caches: readonly string[]
  /** Names at the top of the input folder that are nobody's uploads. */
  readonly examples: ReadonlySet<string>
  readonly runs: Pick<Runs, 'removeHistoryBefore' | 'oldestOpen' | 'job' | 'subscribe'>
  /** Has a file count as new. */
  readonly renew: (file: FileReference) => Promise<void>
  readonly fileIndex: Pick<FileIndex, 'forget'>
  readonly log: (line: string) => void
}

/** Between two looks, in ms. */
const PAUSE = 3_600_000

/** Deletes uploads, results and the records of runs when their time is over: at the start, then every hour. */
export class Retention {
  readonly #options: RetentionOptions
  #timer: NodeJS.Timeout | undefined
  readonly #unsubscribe: () => void
  readonly #closing = new AbortController()

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#unsubscribe = options.runs.subscribe((change) => {
      if (change.type === 'settled') this.#keepResults(change.run.id).catch((error) => options.log(messageOf(error)))
    })
    void this.#watch()
  }

  close(): void {
    this.#closing.abort()
    this.#unsubscribe()
    clearTimeout(this.#timer)
  }

  async #watch(): Promise<void> {
    const { keepFor, log } = this.#options
    try {
      // What a run that waits was sent with stays until it has ended.
      const now = this.#options.runs.oldestOpen() ?? Date.now()
      const { files, runs } = await this.#sweep(now - keepFor)
      if (files + runs > 0) log(`Deleted ${files} files and the records of ${runs} runs, whose time was over.`)
    } catch (error) {
      log(`What is over its time cannot be deleted, and is tried again: ${messageOf(error)}.`)
    }
    if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => void this.#watch(), PAUSE).unref()
  }

  /** A run that needed no work tells of files that may be as old as the first one that made them. */
  async #keepResults(run: string): Promise<void> {
    for (const file of picturesOf(this.#options.runs.job(run)?.record?.outputs ?? {})) await this.#options.renew(file)
  }

  async #sweep(before: number): Promise<{ readonly files: number; readonly runs: number }> {
    const { signal } = this.#closing
    let files = 0
    for await (const { type, file } of this.#expired(before)) {
      files++
      if (signal.aborted) break
      if (type !== undefined) this.#options.fileIndex.forget({ type, ...placeOf(file) })
    }
    return { files, runs: await this.#options.runs.removeHistoryBefore(before) }
  }

  /** Files as they go; those of caches have no type. */
  async *#expired(before: number): AsyncGenerator<{ readonly type?: FolderType; readonly file: string }> {
    const { folders, caches, examples } = this.#options
    const { signal } = this.#closing
    for (const [type, folder] of Object.entries(folders) as [FolderType, string][]) {
      const stays = (file: string) => type === 'input' && examples.has(file)
      for await (const file of expire(folder, before, { stays, signal })) yield { type, file }
    }
    for (const cache of caches) {
      for await (const file of expire(cache, before, { signal })) yield { file }
    }
  }
}
