import { Router } from 'express'
import { listEditSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import { parse } from './failure.ts'
import { sendPieces } from './pieces.ts'

/** GET and POST /queue: what runs and waits; take out what waits. */
export function queueRoutes(runs: Runs): Router {
  const router = Router()
  router.get('/queue', (_request, response) => sendPieces(response, runs.queueText()))
  router.post('/queue', (request, response) => {
    const edit = parse(listEditSchema, request.body ?? {})
    if (edit.clear) runs.clear()
    runs.remove(edit.delete)
    response.json({})
  })
  return router
}
