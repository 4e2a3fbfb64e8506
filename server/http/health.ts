import { type Response, Router } from 'express'
import type { Condition } from '../runs/condition.ts'

/**
 * For whoever starts and stops hosts, without a token: GET /health answers 200 while runs can be executed, else 503; GET
 * /health/live always 200, since a host mends by itself what keeps runs waiting.
 */
export function healthRoutes(condition: () => Condition): Router {
  const router = Router()
  const answer = (response: Response, status: Condition, isWell: boolean) =>
    response
      .status(isWell ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status })
  router.get('/health', (_request, response) => {
    const status = condition()
    answer(response, status, status === 'ready')
  })
  router.get('/health/live', (_request, response) => {
    answer(response, condition(), true)
  })
  return router
}
