import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { makeZip } from 'client-zip'
import { Router } from 'express'
import type { z } from 'zod'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { entryOf } from '../graph/entry.ts'
import { loadedPictures } from '../graph/loaded-pictures.ts'
import { MOST_ZIPPED, zipRequestSchema } from '../protocol/requests.ts'
import { failureOf, type Job, picturesOf } from '../runs/job.ts'
import type { Runs } from '../runs/runs.ts'
import type { HostFiles } from '../storage/host-files.ts'
import { plainName } from '../storage/inside.ts'
import { parse } from './failure.ts'
import { ZipNames } from './zip-names.ts'

/** A file of the host, and what it shall be called in a ZIP. */
interface ZippedFile {
  readonly file: FileReference
  readonly name: string
}

/** What goes into a ZIP, each file once, and what is known before not to be here. */
interface Choice {
  readonly files: readonly ZippedFile[]
  readonly missing: readonly Missing[]
}

/** What was asked for and is not there, as a person knows it, and why where that is known. */
interface Missing {
  readonly what: string
  readonly why?: string
}

/** In the ZIP, where something could not go into it. */
const MISSING = 'missing.txt'

/**
 * POST /api/files/zip: files of the host and results of runs as one ZIP. It is made while it is read, of pictures that are
 * compressed already, so that one file is open at a time and nothing of it is kept.
 */
export function zipRoutes(runs: Pick<Runs, 'job'>, files: Pick<HostFiles, 'path'>): Router {
  const router = Router()
  router.post('/files/zip', async (request, response) => {
    const wanted = parse(zipRequestSchema, request.body ?? {})
    const choice = await choose(wanted, runs)
    if (!(await isAnyHere(choice.files, files))) throw nothingHere(choice)
    const entries = entriesOf(choice, files)
    response.attachment(new ZipNames().give(wanted.name)).type('application/zip')
    // The editor has it sent to a frame, so that the page stays.
    response.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'self'")
    try {
      await pipeline(makeZip(entries), response)
    } catch (error) {
      // A client that goes away is no failure; one that is left sees that the ZIP has no end.
      if (!response.headersSent) throw error
    } finally {
      await entries.return()
    }
  })
  return router
}

/** @throws RestorationError `path_outside` for a name that leads out of its folder, `invalid_input` for too many */
async function choose(
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
    for (const file of results) add(file)
    // There may be thousands, and others wait for an answer, too.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { files: [...chosen.values()], missing }
}

/** What a run has saved; where that is nothing, what it has shown. */
function resultsOf({ record }: Job): FileReference[] {
  const pictures = picturesOf(record?.outputs ?? {}).map(({ filename, subfolder, type }) => ({
    filename,
    subfolder,
    type,
  }))
  const saved = pictures.filter(({ type }) => type === 'output')
  return saved.length > 0 ? saved : pictures
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

async function isAnyHere(chosen: readonly ZippedFile[], files: Pick<HostFiles, 'path'>): Promise<boolean> {
  for (const { file } of chosen) if ((await whereIs(file, files)) !== undefined) return true
  return false
}

/** The files that are here when their turn comes, and at the end a list of those that are not. */
async function* entriesOf({ files: chosen, missing: unknown }: Choice, files: Pick<HostFiles, 'path'>) {
  const names = new ZipNames()
  const missing = [...unknown]
  for (const { file, name } of chosen) {
    const path = await whereIs(file, files)
    // Whoever deletes it may be quicker.
    const handle = path === undefined ? undefined : await open(path).catch(() => undefined)
    if (handle === undefined) {
      missing.push({ what: pathOf(file) })
      continue
    }
    const input = handle.createReadStream()
    try {
      const { mtime } = await handle.stat()
      yield { name: names.give(name), lastModified: mtime, input }
    } finally {
      input.destroy()
    }
  }
  if (missing.length > 0) yield { name: names.give(MISSING), input: listOf(missing) }
}

function whereIs(file: FileReference, files: Pick<HostFiles, 'path'>): Promise<string | undefined> {
  return files.path(file).catch(() => undefined)
}

/** How people are told of a file. @throws RestorationError `path_outside` where it is in no folder of ours */
function pathOf({ type, subfolder, filename }: FileReference): string {
  return `${type}/${plainName(subfolder === '' ? filename : `${subfolder}/${filename}`)}`
}

function listOf(missing: readonly Missing[]): string {
  const lines = missing.map(({ what, why }) => (why === undefined ? what : `${what}: ${why}`))
  const harmless = lines.map((line) => line.replaceAll(/\p{Cc}/gu, '_'))
  return ['These were asked for, but the host has nothing of them:', '', ...harmless, ''].join('\n')
}

function nothingHere({ files, missing }: Choice): RestorationError {
  const asked = [...files.map(({ file }) => pathOf(file)), ...missing.map(({ what }) => what)]
  const [first = 'nothing', ...others] = asked
  const rest = others.length === 0 ? '' : ` and ${others.length} more`
  return new RestorationError(
    'file_not_found',
    `There is nothing to put into a ZIP: ${asked.length === 0 ? 'none was asked for' : `${first}${rest} are not on the host`}.`,
    'Name files that exist, or runs that have ended with results.',
  )
}

function tooMany(): RestorationError {
  return new RestorationError(
    'invalid_input',
    `Expected at most ${MOST_ZIPPED} files for a ZIP but there are more.`,
    'Ask for fewer at a time.',
  )
}
