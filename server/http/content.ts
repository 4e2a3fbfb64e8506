import type { IncomingMessage } from 'node:http'
import { extname } from 'node:path'
import express, { type Request, Router } from 'express'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { WrittenFile } from '../protocol/events.ts'
import { fileQuerySchema, knownRequestSchema, sha256Schema } from '../protocol/requests.ts'
import { contentHash } from '../storage/content-hash.ts'
import type { FileIndex } from '../storage/file-index.ts'
import { type HostFiles, tooLarge, unmistakable } from '../storage/host-files.ts'
import { KeptFiles } from '../storage/kept-files.ts'
import { type Bodies, type Keep, readBody } from './bodies.ts'
import { isClientFault, parse } from './failure.ts'
import { sendFile } from './view.ts'

/**
 * /api/files: uploads and results by their content. GET /{sha256} says where one is, GET /{sha256}/content gives it, PUT
 * /{sha256} keeps it, and keeps nothing twice; POST /known says which of several are here and need not be sent.
 */
export function contentRoutes(files: HostFiles, index: FileIndex, bodies: Bodies, maxUpload: number): Router {
  const kept = new KeptFiles(files, index)
  const router = Router()
  router.get('/files/:sha256', async (request, response) => {
    response.json(describe(await locate(request.params.sha256)))
  })
  router.post('/files/known', express.json({ type: () => true }), async (request, response) => {
    const { sha256: asked, name } = parse(knownRequestSchema, request.body ?? {})
    const found: WrittenFile[] = []
    for (const sha256 of asked) {
      const file = await (name === undefined ? kept.findLasting(sha256) : kept.called(name, sha256))
      if (file !== undefined) found.push(file)
    }
    response.json({ files: found.map(describe) })
  })
  router.get('/files/:sha256/content', async (request, response) => {
    const file = await locate(request.params.sha256)
    response.set({
      'Cache-Control': 'private, max-age=31536000, immutable',
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Content-Type-Options': 'nosniff',
      ETag: `"${file.sha256}"`,
    })
    await sendFile(response, await files.path(file))
  })
  router.put('/files/:sha256', async (request, response) => {
    const { isNew, file } = await bodies.hold(async (keep) => put(request, await readFile(request, maxUpload, keep)))
    response.status(isNew ? 201 : 200).json(describe(file))
  })

  async function put({ params, query }: Request<{ sha256: string }>, bytes: Uint8Array) {
    const sha256 = parse(sha256Schema, params.sha256)
    const { name } = parse(fileQuerySchema, query)
    const known = await kept.findLasting(sha256)
    if (known !== undefined) return { isNew: false, file: known }
    const actual = await contentHash(bytes)
    if (actual !== sha256) {
      throw new RestorationError(
        'invalid_input',
        `The content has the SHA-256 ${actual}, not ${sha256}.`,
        'Send the whole file, and its own hash.',
      )
    }
    const upload = { type: 'input', subfolder: '', filename: name, bytes, overwrite: false } as const
    return { isNew: true, file: await kept.save(upload, sha256) }
  }

  async function locate(text: string): Promise<WrittenFile> {
    const sha256 = parse(sha256Schema, text)
    const file = await kept.find(sha256)
    if (file !== undefined) return file
    throw new RestorationError('file_not_found', `Nothing here has the SHA-256 ${sha256}.`, 'Send it with PUT.')
  }

  return router
}

async function readFile(request: IncomingMessage, maxUpload: number, keep: Keep): Promise<Uint8Array> {
  try {
    return await readBody(request, maxUpload, keep)
  } catch (error) {
    throw isClientFault(error) && error.type === 'entity.too.large' ? tooLarge(maxUpload) : error
  }
}

function describe(file: WrittenFile) {
  const { sha256, size, filename, subfolder, type } = file
  return { sha256, size, filename, subfolder, type, input: inputName(file) }
}

/** What LoadImage calls a file. */
export function inputName(file: FileReference): string {
  const { filename, subfolder, type } = file
  const name = type === 'input' ? unmistakable(file) : `${filename} [${type}]`
  return subfolder === '' ? name : `${subfolder}/${name}`
}

/** The media type of a picture by its name. */
export function formatOf(filename: string): string {
  return `image/${extname(filename).slice(1).toLowerCase().replace('jpg', 'jpeg')}`
}
