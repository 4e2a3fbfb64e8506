import { extname } from 'node:path'
import { type Response, Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { entriesQuerySchema, userdataQuerySchema, writeQuerySchema } from '../protocol/requests.ts'
import type { UserFile, UserFiles } from '../storage/user-files.ts'
import { type Bodies, readBody } from './bodies.ts'
import { parse } from './failure.ts'

/** A file of a client; a workflow of thousands of nodes is a few MB. */
const MAX_FILE = 64 << 20

/** Types that a browser cannot run; all else is only bytes. */
const HARMLESS: ReadonlySet<string> = new Set('.json .txt .png .jpg .jpeg .webp .gif'.split(' '))

/**
 * /userdata and /v2/userdata: files that clients keep on the host. A path is one segment, its slashes escaped; as some
 * proxies unescape them, several segments are one path too. Errors are ComfyUI's, a line of text (app/user_manager.py).
 */
export function userdataRoutes(files: UserFiles, bodies: Bodies): Router {
  const router = Router()
  router.get('/userdata', async (request, response) => {
    const { dir, recurse, full_info: isFull, split } = parse(userdataQuerySchema, request.query)
    if (dir === '') return say(response, 400, 'Directory not provided')
    const found = await files.list(dir, recurse).catch(denied)
    if (found === 'outside') return say(response, 403, 'Invalid directory')
    if (found === 'absent') return say(response, 404, 'Directory not found')
    if (isFull) response.json(found)
    else response.json(found.map(({ path }) => (split ? [path, ...path.split('/')] : path)))
  })
  router.get('/v2/userdata', async (request, response) => {
    const found = await files.entries(parse(entriesQuerySchema, request.query).path).catch(denied)
    if (found === 'outside') return say(response, 400, 'Invalid path requested')
    if (found === 'absent') return say(response, 404, 'Requested path not found')
    response.json(found)
  })
  router.get('/userdata/*file', async (request, response) => {
    const path = joined(request.params.file)
    const bytes = await files.read(path)
    const extension = extname(path).toLowerCase()
    response.set({
      'X-Content-Type-Options': 'nosniff',
      'Content-Disposition': 'attachment',
      'Content-Security-Policy': "default-src 'none'; sandbox",
    })
    response.type(HARMLESS.has(extension) ? extension : 'application/octet-stream').send(Buffer.from(bytes))
  })
  // Before the files themselves: unescaped, its path looks like one of theirs.
  router.post('/userdata/*file/move/*to', async (request, response) => {
    const { file, to } = request.params
    const { overwrite, full_info: isFull } = parse(writeQuerySchema, request.query)
    sendWritten(response, await files.move(joined(file), joined(to), overwrite), isFull)
  })
  router.post('/userdata/*file', async (request, response) => {
    const { overwrite, full_info: isFull } = parse(writeQuerySchema, request.query)
    const path = joined(request.params.file)
    const file = await bodies.hold(async (keep) =>
      files.write(path, await readBody(request, MAX_FILE, keep), overwrite),
    )
    sendWritten(response, file, isFull)
  })
  router.delete('/userdata/*file', async (request, response) => {
    await files.remove(joined(request.params.file))
    response.status(204).end()
  })
  return router
}

function joined(segments: readonly string[]): string {
  return segments.join('/')
}

function sendWritten(response: Response, file: UserFile | undefined, isFull: boolean): void {
  if (file === undefined) say(response, 409, 'File already exists')
  else response.json(isFull ? file : file.path)
}

function say(response: Response, status: number, line: string): void {
  response.status(status).type('text/plain').send(line)
}

function denied(error: unknown): 'absent' | 'outside' {
  if (error instanceof RestorationError && error.code === 'file_not_found') return 'absent'
  if (error instanceof RestorationError && error.code === 'path_outside') return 'outside'
  throw error
}
