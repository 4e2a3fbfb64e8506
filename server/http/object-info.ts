import { Router } from 'express'
import { objectInfo } from '../graph/object-info.ts'
import type { Surroundings } from '../runs/intake.ts'

/** GET /object_info and /object_info/{class}: the nodes, as ComfyUI describes them. */
export function objectInfoRoutes(surroundings: Surroundings): Router {
  const router = Router()
  router.get('/object_info', async (_request, response) => {
    const [catalogue, choices] = await Promise.all([surroundings.catalogue(), surroundings.choices()])
    const nodes = Array.from(catalogue.values(), (node) => [node.id, objectInfo(node, choices)] as const)
    response.json(Object.fromEntries(nodes))
  })
  router.get('/object_info/:id', async (request, response) => {
    const [catalogue, choices] = await Promise.all([surroundings.catalogue(), surroundings.choices()])
    const node = catalogue.get(request.params.id)
    response.json(node === undefined ? {} : { [node.id]: objectInfo(node, choices) })
  })
  return router
}
