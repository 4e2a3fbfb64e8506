import busboy from 'busboy'
import { type Request, Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { MAX_UPLOAD_BYTES } from '../protocol/messages.ts'
import { type HostFiles, isFolderType } from './files.ts'

/** POST /upload/image: a picture into a folder. */
export function uploadRoutes(files: HostFiles): Router {
  const router = Router()
  router.post('/upload/image', async (request, response) => {
    const { fields, file } = await readForm(request)
    const type = fields.get('type') || 'input'
    if (file === undefined || file.filename === '' || !isFolderType(type)) {
      const message = isFolderType(type) ? "The form has no file 'image'." : `The type '${type}' does not exist.`
      throw new RestorationError('invalid_input', message, "Send 'image' as a file; 'type' is input, output or temp.")
    }
    const subfolder = fields.get('subfolder') ?? ''
    const overwrite = ['true', '1'].includes(fields.get('overwrite') ?? '')
    try {
      const saved = await files.save({ type, subfolder, ...file, overwrite })
      response.json({ name: saved.filename, subfolder: saved.subfolder, type: saved.type })
    } catch (error) {
      if (!(error instanceof RestorationError) || error.code !== 'path_outside') throw error
      // ComfyUI answers 400 here, and 403 when the same path is viewed.
      throw new RestorationError('invalid_input', error.message, error.remedy)
    }
  })
  return router
}

interface Form {
  readonly fields: ReadonlyMap<string, string>
  readonly file: { readonly filename: string; readonly bytes: Uint8Array } | undefined
}

/** Reads a form with one file. @throws RestorationError `invalid_input`, `image_too_large` */
function readForm(request: Request): Promise<Form> {
  return new Promise((resolve, reject) => {
    const invalid = () =>
      reject(
        new RestorationError('invalid_input', 'The body is not a form that can be read.', 'Send multipart/form-data.'),
      )
    let parser: busboy.Busboy
    try {
      parser = busboy({
        headers: request.headers,
        preservePath: true,
        defParamCharset: 'utf8',
        limits: { files: 1, fileSize: MAX_UPLOAD_BYTES, fields: 20, fieldSize: 10_000 },
      })
    } catch {
      invalid()
      return
    }
    const fields = new Map<string, string>()
    let file: Form['file']
    parser.on('field', (name, value) => fields.set(name, value))
    parser.on('file', (name, stream, info) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('limit', () => {
        const message = `The file is larger than ${MAX_UPLOAD_BYTES} bytes.`
        reject(new RestorationError('image_too_large', message, 'Upload a smaller file.'))
      })
      stream.on('end', () => {
        if (name === 'image' && !stream.truncated)
          file = { filename: info.filename ?? '', bytes: Buffer.concat(chunks) }
      })
    })
    parser.on('error', invalid)
    parser.on('close', () => resolve({ fields, file }))
    request.on('aborted', invalid)
    request.pipe(parser)
  })
}
