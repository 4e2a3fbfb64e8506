import type { FileReference } from './address.ts'
import { pictureKey } from './pictures.ts'
import type { RunEntry } from './run-list.ts'
import type { RunPage } from './run-pages.ts'

/** A file that a run saved. */
export interface Result {
  readonly file: FileReference
  readonly entry: RunEntry
}

/** A file, and what it shall be called. */
export interface NamedFile {
  readonly file: FileReference
  readonly name: string
}

/**
 * What runs saved, each file once: a cached run names the files of the run before it.
 * @param seen files that are known from other runs; these are added
 */
export function resultsOf(runs: readonly RunEntry[], seen = new Set<string>()): Result[] {
  return runs.flatMap((entry) =>
    entry.pictures.flatMap((file) => {
      const key = pictureKey(file)
      if (file.type !== 'output' || seen.has(key)) return []
      seen.add(key)
      return [{ file, entry }]
    }),
  )
}

/** Whether a text is in the name of a result, or in that of what it was made of. */
export function isFound({ file, entry }: Result, text: string): boolean {
  return `${file.subfolder}/${file.filename} ${entry.title}`.toLowerCase().includes(text.toLowerCase())
}

/**
 * All results back to the first run, the newest first. Of the pages that are asked for none is kept: there may be
 * thousands.
 * @param known the newest runs
 * @param page gives of the `end` oldest runs the newest
 * @param stop no more is asked for then
 */
export async function* allResults(
  known: RunPage,
  page: (end: number) => Promise<RunPage>,
  stop: AbortSignal,
): AsyncGenerator<Result, void, undefined> {
  const seen = new Set<string>()
  yield* resultsOf(known.runs, seen)
  for (let { start } = known; start > 0 && !stop.aborted; ) {
    const older = await page(start)
    yield* resultsOf(older.runs, seen)
    start = older.start
  }
}
