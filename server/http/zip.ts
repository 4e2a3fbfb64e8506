import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { makeZip } from 'client-zip'
import { Router } from 'express'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { zipRequestSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import type { HostFiles } from '../storage/host-files.ts'
import { parse } from './failure.ts'
import { type Choice, choose, type Missing, pathOf, type ZippedFile } from './zip-choice.ts'
import { ZipNames } from './zip-names.ts'

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
