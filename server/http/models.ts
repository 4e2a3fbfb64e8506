import { Router } from 'express'
import type { BrokenModel, ModelFacts } from '../../models/installed/facts.ts'

/** GET /gendr/models: what is known of each installed model; ComfyUI's GET /models lists folders and names only. */
export function modelRoutes(facts: () => Promise<readonly (ModelFacts | BrokenModel)[]>): Router {
  const router = Router()
  router.get('/gendr/models', async (_request, response) => {
    response.json(await facts())
  })
  return router
}
