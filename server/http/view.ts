import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { type Request, type Response, Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { tileQuerySchema, viewQuerySchema } from '../protocol/requests.ts'
import { type HostFiles, isFolderType, leadsOut } from '../storage/host-files.ts'
import { ANNOTATION } from '../storage/storage.ts'
import { clientFault, isClientFault, parse } from './failure.ts'
import type { Previewer, PreviewRequest } from './previewer.ts'
import { TILE } from './pyramids.ts'

/** Types that a browser shows as a still or moving picture or plays; all else is only bytes. */
const SHOWN: ReadonlySet<string> = new Set(
  '.png .jpg .jpeg .webp .gif .avif .bmp .tif .tiff .ico .mp4 .webm .mov .mp3 .wav .flac .ogg'.split(' '),
)

/** Of the whole picture, where a reduced one is sent. */
const SIZE_HEADER = 'Gendr-Picture-Size'

/** GET /view: a file, as it is, re-encoded or reduced; GET /picture and /picture/tile: a large one piece by piece. */
export function viewRoutes(files: HostFiles, previewer: Previewer, maxPixels: number): Router {
  const router = Router()
  router.get('/view', async (request, response) => {
    const query = parse(viewQuerySchema, request.query)
    const { path, filename } = await locate(query, files)
    describeFile(response, filename)
    const gone = whenGone(response)
    const wanted = { preview: readPreview(query.preview, query.channel), channel: readChannel(query.channel) }
    if (query.size !== undefined) {
      if (await isKnown(request, response, path, `size${query.size}`)) return
      const picture = await previewer.reduced({ path, size: query.size, maxPixels }, gone)
      response.set(SIZE_HEADER, `${picture.width}x${picture.height}`)
      if (picture.bytes === null) await sendFile(response, path)
      else response.type(picture.format).send(Buffer.from(picture.bytes))
    } else if (wanted.preview !== undefined || wanted.channel !== undefined) {
      const picture = await previewer.render({ path, ...wanted, maxPixels }, gone)
      response.type(picture.format).send(Buffer.from(picture.bytes))
    } else {
      await sendFile(response, path)
    }
  })
  router.get('/picture', async (request, response) => {
    const { path } = await locate(parse(viewQuerySchema, request.query), files)
    const facts = await previewer.facts({ path, maxPixels }, whenGone(response))
    response.json({ ...facts, tile: TILE, version: await versionOf(path) })
  })
  router.get('/picture/tile', async (request, response) => {
    const query = parse(tileQuerySchema, request.query)
    const { path } = await locate(query, files)
    if (await isKnown(request, response, path, `${query.level}-${query.column}-${query.row}`)) return
    // An address that names the version is another one when the file has changed.
    if (query.version !== undefined) response.set('Cache-Control', 'private, max-age=86400, immutable')
    const { level, column, row } = query
    const tile = await previewer.tile({ path, level, column, row, maxPixels }, whenGone(response))
    response.type(tile.format).send(Buffer.from(tile.bytes))
  })
  return router
}

/** Where the file is that a query names. @throws RestorationError `file_not_found`, `invalid_input`, `path_outside` */
async function locate(
  query: { filename?: string | undefined; type: string; subfolder: string },
  files: HostFiles,
): Promise<{ path: string; filename: string }> {
  if (query.filename === undefined) throw missing('')
  const annotation = ANNOTATION.exec(query.filename)?.[1]
  const name = query.filename.replace(ANNOTATION, '')
  const type = annotation ?? query.type
  if (name === '' || leadsOut(name) || !isFolderType(type)) {
    throw new RestorationError(
      'invalid_input',
      `There is no file '${name}' of type '${type}'.`,
      "Name a file without a path; 'type' is input, output or temp.",
    )
  }
  const filename = basename(name)
  return { filename, path: await files.path({ filename, subfolder: query.subfolder, type }) }
}

/** Aborts when nobody waits for an answer any more. */
function whenGone(response: Response): AbortSignal {
  const gone = new AbortController()
  // What Express says of a body whose client has gone; nobody hears it.
  const abort = () => gone.abort(clientFault({ status: 400, type: 'request.aborted' }))
  if (response.closed) abort()
  else response.once('close', abort)
  return gone.signal
}

/** Whether the client has this picture already, which it is told. */
async function isKnown(request: Request, response: Response, path: string, part: string): Promise<boolean> {
  response.set({ ETag: `"${await versionOf(path)}-${part}"`, 'Cache-Control': 'private, no-cache' })
  if (request.fresh) response.status(304).end()
  return request.fresh
}

/** Another text for each state of a file. */
async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path)
  return `${Math.round(mtimeMs).toString(36)}.${size.toString(36)}`
}

/** Says what a file is called, and that nothing in it may run. */
export function describeFile(response: Response, filename: string): void {
  response.set({
    'Content-Disposition': disposition(filename),
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
  })
}

/** Sends a file with the type of a picture, or as bytes. */
export function sendFile(response: Response, path: string): Promise<void> {
  if (!SHOWN.has(extname(path).toLowerCase())) response.type('application/octet-stream')
  return new Promise((resolve, reject) => {
    response.sendFile(path, { dotfiles: 'allow', cacheControl: false }, (error) => {
      // A client that goes away while it reads is no failure.
      if (error === undefined || error === null || response.headersSent) resolve()
      else reject(isClientFault(error) && error.status === 416 ? error : missing(basename(path)))
    })
  })
}

/** `webp;80`, `jpeg`, `90`; any other format is WebP, and so is a picture that must keep its alpha. */
function readPreview(preview: string | undefined, channel: string | undefined): PreviewRequest['preview'] {
  if (preview === undefined) return undefined
  const parts = preview.split(';')
  const last = parts.at(-1) ?? ''
  return {
    format: parts[0] === 'jpeg' && channel?.includes('a') !== true ? 'jpeg' : 'webp',
    quality: /^\d+$/.test(last) ? Math.min(100, Math.max(1, Number(last))) : 90,
  }
}

function readChannel(channel: string | undefined): PreviewRequest['channel'] {
  return channel === 'rgb' || channel === 'a' ? channel : undefined
}

function disposition(filename: string): string {
  const ascii = filename.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = ascii === filename ? '' : `; filename*=UTF-8''${encodeURIComponent(filename)}`
  // Pages and drawings that can run scripts are never shown in place.
  const active = /\.(html?|xhtml|xml|svgz?|js|mjs|css)$/i.test(filename) ? 'attachment; ' : ''
  return `${active}filename="${ascii}"${encoded}`
}

function missing(name: string): RestorationError {
  return new RestorationError('file_not_found', `There is no file '${name}'.`, 'Name a file that exists.')
}
