import type { IncomingMessage } from 'node:http'
import busboy from 'busboy'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { tooLarge } from '../storage/host-files.ts'
import { type Keep, passOver } from './bodies.ts'

/** A file of a form, under the name that its sender gave it, which may be any text. */
export interface FormFile {
  readonly field: string
  readonly filename: string
  readonly bytes: Uint8Array
}

/** A body of multipart/form-data, in the order in which it was sent. */
export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly files: readonly FormFile[]
}

export interface FormLimits {
  /** How many files and fields; what comes beyond that is passed over, unless `isWhole`. */
  readonly files: number
  readonly fields: number
  /** Whether a form that has more is refused. @default false */
  readonly isWhole?: boolean
  /** Characters of all fields together. */
  readonly text: number
  /** Bytes of one file. */
  readonly maxUpload: number
}

/** Reads a form whole. @throws RestorationError `invalid_input`, `image_too_large`, `queue_full` */
export function readForm(request: IncomingMessage, limits: FormLimits, keep: Keep): Promise<Form> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      passOver(request)
      reject(error)
    }
    const refuse = (message: string, remedy: string) => fail(new RestorationError('invalid_input', message, remedy))
    const invalid = () => refuse('The body is not a form that can be read.', 'Send multipart/form-data.')
    let parser: busboy.Busboy
    try {
      parser = busboy({
        headers: request.headers,
        preservePath: true,
        defParamCharset: 'utf8',
        limits: { files: limits.files, fields: limits.fields, fieldSize: limits.text },
      })
    } catch {
      invalid()
      return
    }
    const fields: [string, string][] = []
    const files: FormFile[] = []
    /** Takes bytes of the form into memory, or refuses it. */
    const take = (bytes: number): boolean => {
      try {
        keep(bytes)
        return true
      } catch (error) {
        fail(error)
        return false
      }
    }
    let text = 0
    parser.on('field', (name = '', value, { valueTruncated }) => {
      text += value.length
      const isTooMuch = valueTruncated || text > limits.text
      if (isTooMuch) refuse(`With '${name}' the fields have more than ${limits.text} characters.`, 'Send less in them.')
      else if (take(value.length)) fields.push([name, value])
    })
    parser.on('file', (field = '', stream, { filename }) => {
      const chunks: Buffer[] = []
      let size = 0
      // A form that ends in the midst of its file.
      stream.on('error', invalid)
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > limits.maxUpload) fail(tooLarge(limits.maxUpload))
        else if (take(chunk.length)) chunks.push(chunk)
      })
      stream.on('end', () => files.push({ field, filename: filename ?? '', bytes: Buffer.concat(chunks) }))
    })
    const beyond = (what: string) => () => refuse(`The form has more than ${what}.`, 'Send fewer in one form.')
    if (limits.isWhole === true) {
      parser.on('filesLimit', beyond(`${limits.files} files`))
      parser.on('fieldsLimit', beyond(`${limits.fields} fields`))
    }
    parser.on('error', invalid)
    parser.on('close', () => resolve({ fields, files }))
    request.on('aborted', invalid)
    request.pipe(parser)
  })
}
