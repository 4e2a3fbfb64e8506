import { readFile } from 'node:fs/promises'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import { entryOf } from '../graph/entry.ts'
import type { Omission } from '../protocol/answers.ts'
import { type RunQuery, runQuerySchema } from '../protocol/requests.ts'
import { type Job, picturesOf } from '../runs/job.ts'
import { type Result, resultOf } from '../runs/result.ts'
import type { Runs } from '../runs/runs.ts'
import type { FileIndex } from '../storage/file-index.ts'
import type { HostFiles } from '../storage/host-files.ts'
import type { Bodies } from './bodies.ts'
import { formatOf, inputName } from './content.ts'
import { parse } from './failure.ts'
import type { Accepted, AcceptPrompt } from './prompt.ts'
import { readRunForm } from './run-form.ts'
import { describeFile, sendFile } from './view.ts'

/** Pictures that come back inside of the answer, in bytes. */
const MAX_INLINE = 64 * 2 ** 20

/** How the bodies of runs are read. */
export interface RunBodies {
  readonly bodies: Bodies
  /** Bytes of one picture. */
  readonly maxUpload: number
  readonly readJson: readonly RequestHandler[]
}

/**
 * POST /runs?wait=SECONDS: a graph as POST /prompt takes it, or a form with its pictures, answered when it has ended. 200
 * with the pictures, by address or with `inline=true` as base64, or with one picture itself for who accepts pictures; 500
 * with the error, or 422 where it lies in what was sent; 202 when it goes on, and GET /api/jobs/{id} tells the rest. The same run that has completed under its own
 * id is answered for, not run again: its client did not hear the answer.
 */
export function runRoutes(
  runs: Runs,
  accept: AcceptPrompt,
  files: HostFiles,
  index: FileIndex,
  { bodies, maxUpload, readJson }: RunBodies,
): Router {
  const router = Router()
  const isForm: RequestHandler = (request, _response, next) =>
    next(typeof request.is('multipart/form-data') === 'string' ? undefined : 'route')
  router.post('/runs', isForm, async (request, response) => {
    const query = parse(runQuerySchema, request.query)
    // Its pictures are in memory until they are kept, not until the run has ended.
    const accepted = await bodies.hold(async (keep) => {
      const { sent, pictures } = await readRunForm(request, maxUpload, keep)
      return accept(sent, response, { takeCompleted: true, pictures, output: query.output })
    })
    if (accepted !== undefined) await answer(accepted, query, response)
  })
  router.post('/runs', ...readJson, async (request, response) => {
    const query = parse(runQuerySchema, request.query)
    const accepted = await accept(request.body, response, { takeCompleted: true, output: query.output })
    if (accepted !== undefined) await answer(accepted, query, response)
  })

  async function answer(accepted: Accepted, { wait, inline }: RunQuery, response: Response): Promise<void> {
    const { id } = accepted.run
    if (runs.isOpen(id)) await ended(runs, id, wait, response)
    // Where the host ends with it, nothing can be looked up any more.
    if (response.destroyed) return
    const job = runs.job(id)
    if (job === undefined) {
      throw new RestorationError('file_not_found', `The run ${id} was forgotten when it had ended.`, 'Send it again.')
    }
    response.vary('Accept').location(`jobs/${encodeURIComponent(id)}`)
    if (job.status === 'completed' && (accepted.output !== undefined || prefersPicture(response.req))) {
      await sendPicture(response, job, accepted.output, files)
      return
    }
    const body = {
      ...(await describe(job, files, index, inline)),
      ...etaOf(runs, id),
      node_errors: accepted.nodeErrors,
    }
    response.status(statusOf(body)).json(body)
  }

  return router
}

const STATUS: Readonly<Record<Job['status'], number>> = {
  completed: 200,
  pending: 202,
  in_progress: 202,
  failed: 500,
  cancelled: 409,
}

/** What a run fails with that fails again if it is sent again: it is not the host's fault. */
const OF_THE_SENDER: readonly unknown[] = [
  'invalid_input',
  'image_unreadable',
  'image_too_large',
  'file_not_found',
  'path_outside',
  'model_not_found',
  'run_timed_out',
] satisfies ErrorCode[]

function statusOf({ status, error }: Pick<Result, 'status' | 'error'>): number {
  return status === 'failed' && OF_THE_SENDER.includes(entryOf(error)?.code) ? 422 : STATUS[status]
}

/** Resolves when the run has ended, the time is up, the host ends, or nobody listens any more. */
function ended(runs: Runs, id: string, seconds: number, response: Response): Promise<void> {
  return new Promise((resolve) => {
    // Who has hung up by now will not do so again.
    if (response.destroyed) return resolve()
    const stop = () => {
      clearTimeout(timer)
      unsubscribe()
      resolve()
    }
    const timer = setTimeout(stop, 1000 * seconds).unref()
    const unsubscribe = runs.subscribe((change) => {
      if (change.type === 'closing' || (change.type === 'settled' && change.run.id === id)) stop()
    })
    response.once('close', stop)
  })
}

/** Whether a picture comes first among what a client accepts; most accept anything. */
function prefersPicture(request: Request): boolean {
  return request.accepts()[0]?.startsWith('image/') === true
}

/** Answers with the first picture of a run, or of one of its nodes. */
async function sendPicture(response: Response, job: Job, node: string | undefined, files: HostFiles): Promise<void> {
  const pictures = picturesOf(job.record?.outputs ?? {})
  const picture = pictures.find(({ nodeId }) => node === undefined || nodeId === node)
  if (picture === undefined) {
    const message = `${node === undefined ? 'The run' : `The node ${node}`} has made no picture.`
    throw new RestorationError('file_not_found', message, `GET /api/jobs/${job.id} says what the run has made.`)
  }
  const path = await files.path(picture)
  describeFile(response, picture.filename)
  await sendFile(response, path)
}

/** What a run has come to, with its pictures where they are wanted and have room, or with what has kept them out. */
async function describe(job: Job, files: HostFiles, index: FileIndex, inline: boolean) {
  const result = resultOf(job, index)
  if (!inline) return result
  let room = MAX_INLINE
  const outputs = []
  for (const output of result.outputs) {
    const bytes = await contentOf(files, output, room)
    if (typeof bytes === 'string') outputs.push({ ...output, omitted: bytes })
    else {
      room -= bytes.length
      outputs.push({ ...output, format: formatOf(output.filename), data: bytes.toString('base64') })
    }
  }
  return { ...result, outputs }
}

async function contentOf(files: HostFiles, file: FileReference, room: number): Promise<Buffer | Omission> {
  const size = await files.size(inputName(file))
  if (size === undefined) return 'missing'
  if (size > room) return 'too_large'
  return files
    .path(file)
    .then((path) => readFile(path))
    .catch(() => 'missing')
}

/** Nothing for a run that has ended, or that nothing is known of. */
export function etaOf(runs: Runs, id: string) {
  const eta = runs.eta(id)
  return eta === undefined ? {} : { eta }
}
