import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { Router } from 'express'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { runQuerySchema } from '../protocol/requests.ts'
import type { Surroundings } from '../runs/intake.ts'
import type { Job } from '../runs/job.ts'
import type { Runs } from '../runs/runs.ts'
import { parse } from './failure.ts'
import type { HostFiles } from './files.ts'
import { acceptPrompt } from './prompt.ts'

/** Pictures that come back inside of the answer, in bytes. */
const MAX_INLINE = 64 * 2 ** 20

/**
 * POST /runs?wait=SECONDS: a graph as POST /prompt takes it, answered when it has ended. 200 with the pictures, by address
 * or with `inline=true` as base64; 500 with the error; 202 when it goes on, and GET /api/jobs/{id} tells the rest.
 */
export function runRoutes(runs: Runs, surroundings: Surroundings, files: HostFiles): Router {
  const router = Router()
  router.post('/runs', async (request, response) => {
    const { wait, inline } = parse(runQuerySchema, request.query)
    const accepted = await acceptPrompt(request.body, response, runs, surroundings)
    if (accepted === undefined) return
    const { id } = accepted.run
    await ended(runs, id, wait, (stop) => response.once('close', stop))
    const job = runs.job(id)
    if (response.destroyed || job === undefined) return
    const body = { ...(await describe(job, files, inline)), node_errors: accepted.nodeErrors }
    response
      .location(`/api/jobs/${encodeURIComponent(id)}`)
      .status(STATUS[job.status])
      .json(body)
  })
  return router
}

const STATUS: Readonly<Record<Job['status'], number>> = {
  completed: 200,
  pending: 202,
  in_progress: 202,
  failed: 500,
  cancelled: 409,
}

/** Resolves when the run has ended, the time is up, or nobody listens any more. */
function ended(runs: Runs, id: string, seconds: number, onClose: (stop: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer)
      unsubscribe()
      resolve()
    }
    const timer = setTimeout(stop, 1000 * seconds)
    const unsubscribe = runs.subscribe((change) => {
      if (change.type === 'settled' && change.run.id === id) stop()
    })
    onClose(stop)
  })
}

async function describe({ id, status, record, createdAt, startedAt, endedAt }: Job, files: HostFiles, inline: boolean) {
  const pictures = Object.entries(record?.outputs ?? {}).flatMap(([node, ui]) =>
    [...(ui.images ?? []), ...(ui.a_images ?? []), ...(ui.b_images ?? [])].map((file) => ({ node, ...file })),
  )
  let room = inline ? MAX_INLINE : 0
  const outputs = []
  for (const picture of pictures) {
    const bytes = room > 0 ? await readFile(await files.path(picture)) : undefined
    room -= bytes?.length ?? 0
    outputs.push({
      ...picture,
      url: addressOf(picture),
      ...(bytes && room >= 0 && { format: formatOf(picture.filename), data: bytes.toString('base64') }),
    })
  }
  const failure = record?.status.messages.find(([type]) => type === 'execution_error')?.[1]
  return {
    id,
    status,
    outputs,
    ...(failure && { error: failure }),
    /** Milliseconds. */
    times: {
      queued: startedAt === undefined ? null : startedAt - createdAt,
      run: startedAt === undefined || endedAt === undefined ? null : endedAt - startedAt,
    },
  }
}

function addressOf({ filename, subfolder, type }: FileReference): string {
  return `/view?${new URLSearchParams({ filename, subfolder, type })}`
}

function formatOf(filename: string): string {
  return `image/${extname(filename).slice(1).toLowerCase().replace('jpg', 'jpeg')}`
}
