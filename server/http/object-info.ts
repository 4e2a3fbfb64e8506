import { Router } from 'express'
import { type ObjectInfo, objectInfo } from '../graph/object-info.ts'
import type { Surroundings } from '../runs/intake.ts'

/** GET /object_info and /object_info/{class}: the nodes, as ComfyUI describes them. */
export function objectInfoRoutes(surroundings: Surroundings): Router {
  const router = Router()
  const infos = async (id?: string): Promise<Record<string, ObjectInfo>> => {
    const [catalogue, images, models] = await Promise.all([
      surroundings.catalogue(),
      surroundings.images(),
      surroundings.models(),
    ])
    const nodes = [...catalogue.values()].filter((node) => id === undefined || node.id === id)
    return Object.fromEntries(nodes.map((node) => [node.id, objectInfo(node, { input_images: images, ...models })]))
  }
  router.get('/object_info', async (_request, response) => {
    response.json(await infos())
  })
  router.get('/object_info/:id', async (request, response) => {
    response.json(await infos(request.params.id))
  })
  return router
}
