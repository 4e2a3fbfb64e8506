import { Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type HostFiles, isFolderType } from './files.ts'
import type { HostLog } from './host-log.ts'

/** What a terminal would be wide and high; clients lay the log out by it. */
const SIZE = { cols: 120, rows: 40 }

/** /internal: what the host said, and the names of its files. Paths of the machine are not told, unlike ComfyUI. */
export function logRoutes(log: HostLog, files: HostFiles): Router {
  const router = Router()
  router.get('/internal/logs', (_request, response) => {
    response.json(log.entries.map(({ t, m }) => `${t} - ${m}`).join(''))
  })
  router.get('/internal/logs/raw', (_request, response) => {
    response.json({ entries: log.entries, size: SIZE })
  })
  router.patch('/internal/logs/subscribe', (_request, response) => {
    response.json({})
  })
  router.get('/internal/folder_paths', (_request, response) => {
    response.json({})
  })
  router.get('/internal/files/:type', async (request, response) => {
    const { type } = request.params
    if (!isFolderType(type))
      throw new RestorationError('invalid_input', `The type '${type}' does not exist.`, 'Use input, output or temp.')
    response.json(await files.listNewest(type))
  })
  return router
}
