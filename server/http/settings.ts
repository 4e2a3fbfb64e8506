import { Router } from 'express'
import { z } from 'zod'
import { userRequestSchema } from '../protocol/requests.ts'
import type { Settings } from '../settings/settings.ts'
import { parse } from './failure.ts'

const settingsSchema = z.record(z.string().max(500), z.unknown())

/**
 * /settings and /users: settings are any JSON values by name. Users are names that clients gave themselves, as in a
 * ComfyUI without --multi-user: everybody has the same settings and files.
 */
export function settingsRoutes(settings: Settings): Router {
  const router = Router()
  router.get('/settings', (_request, response) => {
    response.json(Object.fromEntries(settings.all()))
  })
  router.get('/settings/:id', (request, response) => {
    response.json(settings.get(request.params.id) ?? null)
  })
  router.post('/settings', (request, response) => {
    settings.put(Object.entries(parse(settingsSchema, request.body ?? {})))
    response.json({})
  })
  router.post('/settings/:id', (request, response) => {
    settings.put([[parse(z.string().max(500), request.params.id), request.body]])
    response.json({})
  })
  router.get('/users', (_request, response) => {
    response.json({ storage: 'server', migrated: true })
  })
  router.post('/users', (request, response) => {
    const body = userRequestSchema.safeParse(request.body)
    const id = body.success ? settings.addUser(body.data.username) : undefined
    if (id !== undefined) response.json(id)
    else response.status(400).json({ error: body.success ? 'Duplicate username.' : 'username not provided' })
  })
  return router
}
