import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { entryOf } from '../graph/entry.ts'
import { loadedPictures } from '../graph/loaded-pictures.ts'
import { MOST_ZIPPED, type zipRequestSchema } from '../protocol/requests.ts'
import { failureOf, type Job, resultsOf } from '../runs/job.ts'
import type { Runs } from '../runs/runs.ts'
import { plainName } from '../storage/inside.ts'

/** A file of the host, and what it shall be called in a ZIP. */
export interface ZippedFile {
  readonly file: FileReference
  readonly name: string
}

/** What goes into a ZIP, each file once, and what is known before not to be here. */
export interface Choice {
  readonly files: readonly ZippedFile[]
  readonly missing: readonly Missing[]
}

/** What was asked for and is not there, as a person knows it, and why where that is known. */
export interface Missing {
  readonly what: string
  readonly why?: string
}

/** @throws RestorationError `path_outside` for a name that leads out of its folder, `invalid_input` for too many */
export async function choose(
  { files, runs: ids }: z.output<typeof zipRequestSchema>,
  runs: Pick<Runs, 'job'>,
): Promise<Choice> {
  const chosen = new Map<string, ZippedFile>()
  const missing: Missing[] = []
  const add = (file: FileReference, name = file.filename) => {
    const key = pathOf(file)
    if (!chosen.has(key)) chosen.set(key, { file, name })
    if (chosen.size > MOST_ZIPPED) throw tooMany()
  }
  for (const { name, ...file } of files) add(file, name)
  for (const id of new Set(ids)) {
    const job = runs.job(id)
    const results = job === undefined ? [] : resultsOf(job)
    if (results.length === 0) missing.push(job === undefined ? { what: `run ${id}` } : withoutResults(job))
    for (const { filename, subfolder, type } of results) add({ filename, subfolder, type })
    // There may be thousands, and others wait for an answer, too.
    await setImmediate()
  }
  return { files: [...chosen.values()], missing }
}

/** A run by the pictures that it was to restore. */
function withoutResults({ id, prompt, record, status }: Job): Missing {
  const pictures = loadedPictures(entryOf(prompt) ?? {})
  const reason = record && entryOf(failureOf(record))?.exception_message
  return {
    what: pictures.length === 0 ? `run ${id}` : `${pictures.join(', ')} (run ${id})`,
    why: typeof reason === 'string' ? reason.trim() : status,
  }
}

/** How people are told of a file. @throws RestorationError `path_outside` where it is in no folder of ours */
export function pathOf({ type, subfolder, filename }: FileReference): string {
  return `${type}/${plainName(subfolder === '' ? filename : `${subfolder}/${filename}`)}`
}

function tooMany(): RestorationError {
  return new RestorationError(
    'invalid_input',
    `Expected at most ${MOST_ZIPPED} files for a ZIP but there are more.`,
    'Ask for fewer at a time.',
  )
}
