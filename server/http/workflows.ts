import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Router } from 'express'

/** GET /workflows and /workflows/{name}: the templates that are shipped. */
export function workflowRoutes(folder: string): Router {
  const router = Router()
  router.get('/workflows', async (_request, response) => {
    const names = await templateNames(folder)
    response.json(names.map((name) => ({ name, title: titleOf(name) })))
  })
  router.get('/workflows/:name', async (request, response) => {
    const { name } = request.params
    // Only names that the folder lists are opened: no path can come from the request.
    if (!(await templateNames(folder)).includes(name)) response.status(404).json({})
    else response.type('application/json').send(await readFile(join(folder, `${name}.json`)))
  })
  return router
}

async function templateNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => [])
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
}

/** `restore-old-photo` is "Restore old photo". */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
