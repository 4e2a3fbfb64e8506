import { Router } from 'express'
import { type HostLog, LOG_SIZE } from '../host-log.ts'
import { logSubscriptionSchema } from '../protocol/requests.ts'
import { type HostFiles, isFolderType } from '../storage/host-files.ts'
import { parse } from './failure.ts'

/** Sends the log to the sockets of a client, or stops doing so. */
export type FollowLog = (clientId: string, isOn: boolean) => void

/** /internal: what the host said, and the names of its files. Paths of the machine are not told, unlike ComfyUI. */
export function logRoutes(log: HostLog, files: HostFiles, follow: FollowLog): Router {
  const router = Router()
  router.get('/internal/logs', (_request, response) => {
    response.json(log.entries.map(({ t, m }) => `${t} - ${m}`).join(''))
  })
  router.get('/internal/logs/raw', (_request, response) => {
    response.json({ entries: log.entries, size: LOG_SIZE })
  })
  router.patch('/internal/logs/subscribe', (request, response) => {
    const { clientId, enabled } = parse(logSubscriptionSchema, request.body ?? {})
    follow(clientId, enabled)
    response.json({})
  })
  router.get('/internal/folder_paths', (_request, response) => {
    response.json({ input: ['input'], output: ['output'], temp: ['temp'], gendr_models: ['models'] })
  })
  router.get('/internal/files/:type', async (request, response) => {
    const { type } = request.params
    if (isFolderType(type)) response.json(await files.listNewest(type))
    else response.status(400).json({ error: 'Invalid directory type' })
  })
  return router
}
