import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Response, Router } from 'express'
import { z } from 'zod'
import { templateNames } from '../runs/named-workflows.ts'

/** The name under which ComfyUI's clients list our templates. */
const PACK = 'gendr-graph'

/** GET /workflows[/{name}] and, as ComfyUI lists them, /workflow_templates: the templates that are shipped. */
export function workflowRoutes(folder: string): Router {
  const router = Router()
  router.get('/workflows', async (_request, response) => {
    const names = await templateNames(folder)
    response.json(await Promise.all(names.map((name) => describe(folder, name))))
  })
  router.get('/workflows/:name/picture', async (request, response) => {
    const { name } = request.params
    if (!(await templateNames(folder)).includes(name)) response.status(404).json({})
    else sendPicture(response, join(folder, `${name}.jpg`))
  })
  router.get('/workflows/:name', async (request, response) => {
    await sendTemplate(response, folder, request.params.name)
  })
  router.get('/workflow_templates', async (_request, response) => {
    response.json({ [PACK]: await templateNames(folder) })
  })
  router.get('/workflow_templates/:pack/:file', async (request, response) => {
    const { pack, file } = request.params
    if (pack !== PACK || !file.endsWith('.json')) response.status(404).json({})
    else await sendTemplate(response, folder, file.slice(0, -'.json'.length))
  })
  return router
}

/** A template as lists show it; its summary is in `extra.summary` of the file, its picture beside it. */
async function describe(folder: string, name: string) {
  const file: unknown = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'))
  const { extra } = templateSchema.parse(file)
  const hasPicture = await stat(join(folder, `${name}.jpg`)).then(
    () => true,
    () => false,
  )
  return { name, title: titleOf(name), summary: extra.summary, hasPicture }
}

const templateSchema = z.looseObject({
  extra: z.looseObject({ summary: z.string().default('') }).default({ summary: '' }),
})

function sendPicture(response: Response, path: string): void {
  response.sendFile(path, { maxAge: '1h' }, (error) => {
    if (error !== undefined && error !== null && !response.headersSent) response.status(404).json({})
  })
}

/** Only names that the folder lists are opened: no path can come from the request. */
async function sendTemplate(response: Response, folder: string, name: string): Promise<void> {
  if (!(await templateNames(folder)).includes(name)) response.status(404).json({})
  else response.type('application/json').send(await readFile(join(folder, `${name}.json`)))
}

/** `restore-old-photo` is "Restore old photo". */
function titleOf(name: string): string {
  const words = name.replaceAll(/[-_]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
