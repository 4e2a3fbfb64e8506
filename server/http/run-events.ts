import { Router } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Narration, Told } from '../narration/narration.ts'
import { sequenceSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import { EventStream } from './event-stream.ts'

/** How often a stream that has nothing to say shows that it is there, in ms. */
const HEARTBEAT = 4000

/**
 * GET /api/runs/{id}/events: the messages of a run as server-sent events, those that were told already first. `id` is
 * the number of a message; a client that comes back with it as `Last-Event-ID` gets what it missed. Results and previews
 * come as `frame`, in base64. Where more was told than is kept, `resumed` says so. The stream ends with the run; 204 tells
 * whoever comes back after that to do so no more (HTML, 9.2.3).
 */
export function runEventRoutes(narration: Narration, runs: Pick<Runs, 'subscribe'>): Router {
  const router = Router()
  router.get('/runs/:id/events', (request, response) => {
    const { id } = request.params
    const given = request.get('last-event-id') ?? request.query.after
    const after = sequenceSchema.safeParse(given).data ?? -1
    const past = narration.since(id, after)
    if (past === undefined) {
      throw new RestorationError(
        'file_not_found',
        `There is no run '${id}'.`,
        'GET /api/jobs lists those that there are.',
      )
    }
    if (past.hasEnded && past.told.length === 0) {
      response.status(204).end()
      return
    }
    response.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }).type('text/event-stream')
    response.write('retry: 300\n\n')
    const stream = new EventStream(response)
    if (past.hasGap) {
      const state = past.hasEnded ? 'ended' : 'open'
      stream.say('resumed', { prompt_id: id, state, gap: true })
    }
    for (const told of past.told) stream.tell(told)
    if (past.hasEnded) {
      stream.end()
      return
    }
    const heartbeat = setInterval(() => stream.beat(), HEARTBEAT)
    const unsubscribe = narration.subscribe((told, run) => {
      if (run.id !== id) return
      stream.tell(told)
      if (isEnd(told)) stop()
    })
    // The next host tells the rest.
    const unwatch = runs.subscribe(({ type }) => {
      if (type === 'closing') stop()
    })
    // Not only when it is closed: who reads slowly may take long until the end of it.
    const stop = () => {
      clearInterval(heartbeat)
      unsubscribe()
      unwatch()
      stream.end()
    }
    response.once('close', stop)
  })
  return router
}

function isEnd({ telling }: Told): boolean {
  return telling.kind === 'message' && telling.message.type === 'executing' && telling.message.data.node === null
}
