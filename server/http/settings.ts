import { Router } from 'express'
import { z } from 'zod'
import type { Settings } from '../runs/settings.ts'
import { parse } from './failure.ts'

const settingsSchema = z.record(z.string().max(500), z.unknown())

/** /settings, /users and /i18n: one user, whose settings are any JSON values by name. */
export function settingsRoutes(settings: Settings): Router {
  const router = Router()
  router.get('/settings', (_request, response) => {
    response.json(Object.fromEntries(settings.all()))
  })
  router.get('/settings/:id', (request, response) => {
    response.json(settings.all().get(request.params.id) ?? null)
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
  router.post('/users', (_request, response) => {
    response.status(400).json({ error: 'This host has one user.' })
  })
  router.get('/i18n', (_request, response) => {
    response.json({})
  })
  return router
}
