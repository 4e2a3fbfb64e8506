import { Router } from 'express'
import { type Limits, serverFeatures } from '../protocol/messages.ts'
import type { Surroundings } from '../runs/intake.ts'

/** The folders of models that this host has. */
const MODEL_FOLDERS = ['gendr_models', 'upscale_models', 'iqa_models'] as const

/** Folders that every ComfyUI has and its clients ask for by name: here they are empty. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(
  (
    'checkpoints configs loras vae text_encoders clip diffusion_models unet clip_vision style_models embeddings ' +
    'diffusers vae_approx controlnet gligen hypernetworks photomaker classifiers model_patches audio_encoders'
  ).split(' '),
)

/** Lists that clients read at their start: what the host can do, its models, and what only ComfyUI has. */
export function catalogueRoutes(surroundings: Surroundings, limits: Limits): Router {
  const router = Router()
  /** Names of the models in a folder; undefined for a folder that nobody knows. */
  const modelsIn = async (folder: string): Promise<readonly string[] | undefined> => {
    const known = MODEL_FOLDERS.find((one) => one === folder)
    if (known === undefined) return OTHER_FOLDERS.has(folder) ? [] : undefined
    return (await surroundings.models())[known]
  }
  router.get('/features', (_request, response) => {
    response.json(serverFeatures(limits))
  })
  for (const path of ['/embeddings', '/extensions']) {
    router.get(path, (_request, response) => {
      response.json([])
    })
  }
  for (const path of ['/global_subgraphs', '/node_replacements', '/i18n']) {
    router.get(path, (_request, response) => {
      response.json({})
    })
  }
  // No model of ours is a single file with a header, or has a picture; no subgraph is everybody's.
  for (const path of [
    '/view_metadata/:folder',
    '/experiment/models/preview/:folder/:index/*name',
    '/global_subgraphs/:id',
  ]) {
    router.get(path, (_request, response) => {
      response.status(404).json({})
    })
  }
  router.get('/experiment/models', (_request, response) => {
    response.json(MODEL_FOLDERS.map((name) => ({ name, folders: [] })))
  })
  router.get('/experiment/models/:folder', async (request, response) => {
    const names = await modelsIn(request.params.folder)
    if (names === undefined) response.status(404).json({})
    else response.json(names.map((name) => ({ name, pathIndex: 0 })))
  })
  router.get('/models', (_request, response) => {
    response.json(MODEL_FOLDERS)
  })
  router.get('/models/:folder', async (request, response) => {
    const names = await modelsIn(request.params.folder)
    if (names === undefined) response.status(404).json({})
    else response.json(names)
  })
  return router
}
