import { basename, extname } from 'node:path'
import { type Response, Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { viewQuerySchema } from '../protocol/requests.ts'
import { parse } from './failure.ts'
import { type HostFiles, isFolderType } from './files.ts'
import type { Previewer, PreviewRequest } from './previewer.ts'

/** Types that a browser shows as a still or moving picture or plays; all else is only bytes. */
const SHOWN: ReadonlySet<string> = new Set(
  '.png .jpg .jpeg .webp .gif .avif .bmp .tif .tiff .ico .mp4 .webm .mov .mp3 .wav .flac .ogg'.split(' '),
)
/** ComfyUI's clients may append the folder to the name. */
const ANNOTATION = / \[(input|output|temp)\]$/

/** GET /view: a file, as it is or re-encoded. */
export function viewRoutes(files: HostFiles, previewer: Previewer, maxPixels: number): Router {
  const router = Router()
  router.get('/view', async (request, response) => {
    const query = parse(viewQuerySchema, request.query)
    if (query.filename === undefined) throw missing('')
    const annotation = ANNOTATION.exec(query.filename)?.[1]
    const name = query.filename.replace(ANNOTATION, '')
    const type = annotation ?? query.type
    if (name === '' || name.startsWith('/') || name.includes('..') || !isFolderType(type)) {
      throw new RestorationError(
        'invalid_input',
        `There is no file '${name}' of type '${type}'.`,
        "Name a file without a path; 'type' is input, output or temp.",
      )
    }
    const filename = basename(name)
    const path = await files.path({ filename, subfolder: query.subfolder, type })
    response.set({
      'Content-Disposition': disposition(filename),
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Content-Type-Options': 'nosniff',
    })
    const wanted = { preview: readPreview(query.preview, query.channel), channel: readChannel(query.channel) }
    if (wanted.preview !== undefined || wanted.channel !== undefined) {
      const picture = await previewer.render({ path, ...wanted, maxPixels })
      response.type(picture.format).send(Buffer.from(picture.bytes))
    } else {
      await sendFile(response, path)
    }
  })
  return router
}

/** Sends a file with the type of a picture, or as bytes. */
export function sendFile(response: Response, path: string): Promise<void> {
  if (!SHOWN.has(extname(path).toLowerCase())) response.type('application/octet-stream')
  return new Promise((resolve, reject) => {
    response.sendFile(path, { dotfiles: 'allow', cacheControl: false }, (error) => {
      // A client that goes away while it reads is no failure.
      if (error === undefined || error === null || response.headersSent) resolve()
      else reject(missing(basename(path)))
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
