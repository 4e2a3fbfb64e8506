import express, { type Response, Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { moveQuerySchema, userdataQuerySchema, writeQuerySchema } from '../protocol/requests.ts'
import type { UserFile, UserFiles } from '../storage/user-files.ts'
import { parse, sendFailure } from './failure.ts'

/** A file of a client; a workflow of thousands of nodes is a few MB. */
const MAX_FILE = '64mb'

/** /userdata and /v2/userdata: files that clients keep on the host. A path is one segment, its slashes escaped. */
export function userdataRoutes(files: UserFiles): Router {
  const router = Router()
  router.get('/userdata', async (request, response) => {
    const { dir, recurse, full_info: isFull, split } = parse(userdataQuerySchema, request.query)
    if (dir === '') return fail(response, 400, 'Directory not provided')
    const found = await files.list(dir, recurse).catch(absent)
    if (found === undefined) return fail(response, 404, 'Directory not found')
    if (isFull) response.json(found)
    else response.json(found.map(({ path }) => (split ? [path, ...path.split('/')] : path)))
  })
  router.get('/v2/userdata', async (request, response) => {
    const path = typeof request.query.path === 'string' ? request.query.path : ''
    const found = await files.entries(path).catch(absent)
    if (found === undefined) return fail(response, 404, 'Directory not found')
    response.json(found)
  })
  router.get('/userdata/:file', async (request, response) => {
    // Whatever it is, a browser only saves it.
    response.type('application/octet-stream').send(Buffer.from(await files.read(request.params.file)))
  })
  router.post('/userdata/:file', express.raw({ type: () => true, limit: MAX_FILE }), async (request, response) => {
    const { overwrite, full_info: isFull } = parse(writeQuerySchema, request.query)
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    sendWritten(response, await files.write(request.params.file, bytes, overwrite), isFull)
  })
  router.delete('/userdata/:file', async (request, response) => {
    await files.remove(request.params.file)
    response.status(204).end()
  })
  router.post('/userdata/:file/move/:to', async (request, response) => {
    const { overwrite, full_info: isFull } = parse(moveQuerySchema, request.query)
    sendWritten(response, await files.move(request.params.file, request.params.to, overwrite), isFull)
  })
  return router
}

function sendWritten(response: Response, file: UserFile | undefined, isFull: boolean): void {
  if (file === undefined) fail(response, 409, 'File already exists')
  else response.json(isFull ? file : file.path)
}

function fail(response: Response, status: number, message: string): void {
  sendFailure(response, status, new RestorationError('invalid_input', `${message}.`, 'See docs/api.md.'))
}

function absent(error: unknown): undefined {
  if (error instanceof RestorationError && error.code === 'file_not_found') return undefined
  throw error
}
