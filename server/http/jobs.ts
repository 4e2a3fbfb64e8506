import { type Response, Router } from 'express'
import { z } from 'zod'
import { cancelRequestSchema, jobsQuerySchema } from '../protocol/requests.ts'
import { describeJob, type Job, timesOf } from '../runs/job.ts'
import { metadataOf } from '../runs/result.ts'
import type { Runs } from '../runs/runs.ts'
import { etaOf } from './run.ts'

/** /api/jobs: queue, runs under way and history as one list (ComfyUI 0.38); only with the prefix, as there. */
export function jobRoutes(runs: Runs): Router {
  const router = Router()
  router.get('/jobs', (request, response) => {
    const query = jobsQuerySchema.safeParse(request.query)
    if (!query.success) return refuse(response, 400, z.prettifyError(query.error))
    const { offset, limit } = query.data
    const { jobs, total } = runs.jobs(query.data)
    response.json({
      jobs: jobs.map((job) => describeJob(job)),
      pagination: { offset, limit, total, has_more: offset + jobs.length < total },
    })
  })
  router.get('/jobs/:id', (request, response) => {
    const job = runs.job(request.params.id)
    if (job === undefined) refuse(response, 404, 'Job not found')
    else response.json({ ...wholeJob(job), ...etaOf(runs, job.id) })
  })
  router.post('/jobs/:id/cancel', (request, response) => {
    // One that has ended, or was taken out of the queue by an earlier call, is as cancelled as can be.
    response.json({ cancelled: runs.cancel([request.params.id]) > 0 })
  })
  router.post('/jobs/:id/front', (request, response) => {
    const { id } = request.params
    if (runs.job(id) === undefined) refuse(response, 404, 'Job not found')
    else response.json({ moved: runs.moveToFront(id) })
  })
  router.post('/jobs/cancel', (request, response) => {
    const body = cancelRequestSchema.safeParse(request.body)
    if (!body.success) refuse(response, 400, z.prettifyError(body.error))
    else response.json({ cancelled: runs.cancel(body.data.job_ids) > 0 })
  })
  return router
}

function wholeJob(job: Job) {
  const metadata = metadataOf(job)
  return {
    ...describeJob(job),
    outputs: job.record?.outputs ?? {},
    execution_status: job.record?.status ?? null,
    workflow: { prompt: job.prompt, extra_data: job.extraData },
    times: timesOf(job),
    ...(metadata && { metadata }),
  }
}

function refuse(response: Response, status: number, error: string): void {
  response.status(status).json({ error })
}
