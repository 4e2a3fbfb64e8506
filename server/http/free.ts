import { Router } from 'express'
import { freeRequestSchema } from '../protocol/requests.ts'
import type { Supervisor } from '../runs/supervisor.ts'
import { parse } from './failure.ts'

/** POST /free: unload models, forget cached results; the runner does so at once, or as soon as models are not at work. */
export function freeRoutes(supervisor: Supervisor): Router {
  const router = Router()
  router.post('/free', (request, response) => {
    const { unload_models: unloadModels, free_memory: freeMemory } = parse(freeRequestSchema, request.body ?? {})
    if (unloadModels || freeMemory) supervisor.free(unloadModels, freeMemory)
    response.json({})
  })
  return router
}
