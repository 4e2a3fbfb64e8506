import { Router } from 'express'
import { interruptRequestSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import { parse } from './failure.ts'

/** POST /interrupt: cancel what runs; with an id only if it is that run. */
export function interruptRoutes(runs: Runs): Router {
  const router = Router()
  router.post('/interrupt', (request, response) => {
    const { prompt_id: id } = parse(interruptRequestSchema, request.body ?? {})
    runs.interrupt(id ?? undefined)
    response.json({})
  })
  return router
}
