import { Router } from 'express'
import type { Supervisor } from '../runs/supervisor.ts'

/** GET /health: 200 while runs can be executed, else 503, for whoever starts and stops hosts; without a token. */
export function healthRoutes(supervisor: Pick<Supervisor, 'isReady'>): Router {
  const router = Router()
  router.get('/health', (_request, response) => {
    const { isReady } = supervisor
    response
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: isReady ? 'ready' : 'starting' })
  })
  return router
}
