import { Router } from 'express'
import { historyQuerySchema, listEditSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import { parse } from './failure.ts'
import { sendPieces } from './pieces.ts'

/** GET and POST /history: what has run; forget it. */
export function historyRoutes(runs: Runs): Router {
  const router = Router()
  router.get('/history', (request, response) => {
    const { max_items: limit, offset } = parse(historyQuerySchema, request.query)
    return sendPieces(response, runs.historyText({ limit, offset }))
  })
  router.get('/history/:id', (request, response) => {
    response.type('application/json').send(runs.recordText(request.params.id))
  })
  router.post('/history', async (request, response) => {
    const edit = parse(listEditSchema, request.body ?? {})
    if (edit.clear) await runs.clearHistory()
    await runs.removeHistory(edit.delete)
    response.json({})
  })
  return router
}
