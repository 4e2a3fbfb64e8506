import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import { refusal } from '../runs/intake.ts'
import { knownFailure } from '../storage/known-failure.ts'

const STATUS: Partial<Record<ErrorCode, number>> = {
  file_not_found: 404,
  model_not_found: 404,
  path_outside: 403,
  image_too_large: 413,
  queue_full: 429,
  runner_lost: 503,
  host_stopping: 503,
  disk_full: 507,
  inference_failed: 500,
  model_corrupt: 500,
}

/** Seconds until whoever was too many, or came while nothing is taken, may try again. */
const LATER = 5

/** What may have been said already of a file that is not sent now; most of all, how long to keep it. */
const OF_THE_FILE = ['Accept-Ranges', 'Cache-Control', 'Content-Disposition', 'Content-Type', 'ETag', 'Last-Modified']

/** Answers with an error in the form of ComfyUI's refusals. */
export function sendFailure(response: Response, status: number, error: RestorationError): void {
  const { error: body, nodeErrors } = refusal(error)
  if (status === 429 || status === 503) response.set('Retry-After', String(LATER))
  for (const name of OF_THE_FILE) response.removeHeader(name)
  response.status(status).json({ error: body, node_errors: nodeErrors })
}

/** The last handler: every error becomes JSON; what we did not foresee says nothing of the inside. */
export function failureHandler(log: (error: unknown) => void): ErrorRequestHandler {
  return (error, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    const known = knownFailure(error)
    if (known !== undefined) sendFailure(response, STATUS[known.code] ?? 400, known)
    else if (isClientFault(error)) sendFailure(response, error.status, clientFailure(error))
    else {
      log(error)
      const failure = new RestorationError('invalid_input', 'The server failed.', 'See the log of the host.')
      sendFailure(response, 500, failure)
    }
  }
}

function clientFailure(fault: ClientFault): RestorationError {
  return new RestorationError('invalid_input', ...wordsFor(fault))
}

function wordsFor(fault: ClientFault): readonly [message: string, remedy: string] {
  switch (fault.type) {
    case 'entity.too.large':
      return [
        `The body is larger than ${(fault.limit ?? 0) / 2 ** 20} MiB.`,
        'Send a smaller graph, and pictures to /upload/image; --max-upload says how large these may be.',
      ]
    case 'entity.parse.failed':
      return ['The body is not JSON that can be read.', 'Send valid JSON.']
    case 'encoding.unsupported':
      return [
        `The body has the content-encoding '${fault.encoding}', which is not known.`,
        'Send it as it is, or compressed with gzip, deflate or br.',
      ]
    case 'charset.unsupported':
      return [`The body has the charset '${fault.charset}', which JSON cannot have.`, 'Send JSON in UTF-8.']
  }
  if (fault.status === 416) {
    return [
      'The file ends before the range that was asked for.',
      'Ask for bytes that it has: Content-Range says how many.',
    ]
  }
  if (fault instanceof URIError) return ['The address cannot be read.', 'Encode its names as UTF-8 (%C3%BC).']
  return ['The body is damaged, or ends too early.', 'Send all of it, compressed as its content-encoding says.']
}

/** Nothing of this name is here. */
export const notFound: RequestHandler = (request, response) => {
  const failure = new RestorationError(
    'file_not_found',
    `There is no ${request.path}.`,
    'See docs/api.md for what there is.',
  )
  sendFailure(response, 404, failure)
}

/** Parses what a client sent. @throws RestorationError `invalid_input`, naming the field */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue === undefined || issue.path.length === 0 ? 'The request' : `'${issue.path.join('.')}'`
  throw new RestorationError('invalid_input', `${place} does not fit: ${issue?.message}.`, 'Correct the request.')
}

/** Express's own errors carry a status, those of its body-parser a type too, and what was beyond it. */
const clientFaultSchema = z.looseObject({
  status: z.int().min(400).max(499),
  type: z.string().optional(),
  /** In bytes. */
  limit: z.number().optional(),
  encoding: z.string().optional(),
  charset: z.string().optional(),
})

type ClientFault = z.infer<typeof clientFaultSchema>

/** An error of the client's, told in the words that we have for Express's own. */
export function clientFault(fault: ClientFault): Error {
  return Object.assign(new Error(fault.type), fault)
}

export function isClientFault(error: unknown): error is ClientFault {
  return clientFaultSchema.safeParse(error).success
}
