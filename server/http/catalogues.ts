import { Router } from 'express'
import { SERVER_FEATURES } from '../protocol/messages.ts'
import type { Surroundings } from '../runs/intake.ts'

/** The folders of models that ComfyUI's clients can ask for. */
const MODEL_FOLDERS = ['gendr_models', 'upscale_models'] as const

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
  router.get('/global_subgraphs', (_request, response) => {
    response.json({})
  })
  router.get('/view_metadata/:folder', (_request, response) => {
    // No model of ours is a single file with a header.
    response.status(404).json({})
  })
  router.get('/experiment/models', (_request, response) => {
    response.json(MODEL_FOLDERS.map((name) => ({ name, folders: [] })))
  })
  router.get('/experiment/models/:folder', async (request, response) => {
    const folder = MODEL_FOLDERS.find((one) => one === request.params.folder)
    if (folder === undefined) response.status(404).json({})
    else response.json((await surroundings.choices())[folder].map((name) => ({ name, pathIndex: 0 })))
  })
  router.get('/models', (_request, response) => {
    response.json(MODEL_FOLDERS)
  })
  router.get('/models/:folder', async (request, response) => {
    const folder = MODEL_FOLDERS.find((one) => one === request.params.folder)
    if (folder === undefined) response.status(404).json({})
    else response.json((await surroundings.choices())[folder])
  })
  return router
}
