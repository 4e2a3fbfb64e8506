import { Router } from 'express'
import { SERVER_FEATURES } from '../protocol/messages.ts'
import type { Surroundings } from '../runs/intake.ts'

/** The folder of models that ComfyUI's clients can ask for. */
const MODEL_FOLDER = 'gendr_models'

/** GET /features, /embeddings, /extensions, /workflow_templates, /models[/folder]: lists that clients read at start. */
export function catalogueRoutes(surroundings: Surroundings): Router {
  const router = Router()
  router.get('/features', (_request, response) => {
    response.json(SERVER_FEATURES)
  })
  router.get('/embeddings', (_request, response) => {
    response.json([])
  })
  router.get('/extensions', (_request, response) => {
    response.json([])
  })
  router.get('/workflow_templates', (_request, response) => {
    response.json({})
  })
  router.get('/models', (_request, response) => {
    response.json([MODEL_FOLDER])
  })
  router.get('/models/:folder', async (request, response) => {
    if (request.params.folder !== MODEL_FOLDER) response.status(404).json({})
    else response.json((await surroundings.choices()).gendr_models)
  })
  return router
}
