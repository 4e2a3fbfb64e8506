import { Router } from 'express'
import type { Metrics } from '../runs/metrics.ts'

/** GET /metrics: what Prometheus asks for. */
export function metricsRoutes(metrics: Pick<Metrics, 'text'>): Router {
  const router = Router()
  router.get('/metrics', (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.text())
  })
  return router
}
