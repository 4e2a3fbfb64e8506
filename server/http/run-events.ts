import { type Response, Router } from 'express'
import { encodeFrame, isResult as isResultFrame } from '../protocol/frames.ts'
import { sequenceSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import type { Narration, Told } from '../socket/narration.ts'

/** How often a stream that has nothing to say shows that it is there, in ms. */
const HEARTBEAT = 4000
/** Unsent bytes, results aside, from which a client is given up; it may come back and ask for what it missed. */
const HOPELESS = 128 << 20

/**
 * GET /api/runs/{id}/events: the messages of a run as server-sent events, those that were told already first. `id` is
 * the number of a message; a client that comes back with it as `Last-Event-ID` gets what it missed. Results and previews
 * come as `frame`, in base64. The stream ends with the run.
 */
export function runEventRoutes(runs: Runs, narration: Narration): Router {
  const router = Router()
  router.get('/runs/:id/events', (request, response) => {
    const { id } = request.params
    const given = request.get('last-event-id') ?? request.query.after
    const after = sequenceSchema.safeParse(given).data ?? -1
    const past = narration.since(id, after)
    if (past === undefined) {
      response.status(404).json({ error: 'Run not found' })
      return
    }
    response.set({ 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' }).type('text/event-stream')
    response.write('retry: 300\n\n')
    const send = writerTo(response)
    for (const told of past.told) send(told)
    if (past.hasEnded) {
      response.end()
      return
    }
    const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT)
    const unsubscribe = narration.subscribe((told, run) => {
      if (run.id !== id) return
      send(told)
      if (isEnd(told)) stop()
    })
    // A run that was taken out of the queue has nothing more to say.
    const unwatch = runs.subscribe(({ type }) => {
      if (type === 'queue' && !runs.isKnown(id)) stop()
    })
    // Not only when it is closed: who reads slowly may take long until the end of it.
    const stop = () => {
      clearInterval(heartbeat)
      unsubscribe()
      unwatch()
      response.end()
    }
    response.once('close', stop)
  })
  return router
}

/** Writes what is told to a response; ends one that is hopelessly behind. */
function writerTo(response: Response): (told: Told) => void {
  let results = 0
  return ({ sequence, telling }) => {
    // Results aside, of which one may be as large.
    if (response.writableLength - results > HOPELESS) response.destroy()
    if (response.destroyed) return
    const isResult = telling.kind === 'frame' && isResultFrame(telling.frame)
    // Who reads slowly misses previews, not messages.
    if (telling.kind === 'frame' && !isResult && response.writableNeedDrain) return
    const [type, data] =
      telling.kind === 'message'
        ? [telling.message.type, JSON.stringify('data' in telling.message ? telling.message.data : {})]
        : ['frame', JSON.stringify(Buffer.from(encodeFrame(telling.frame)).toString('base64'))]
    const text = `id: ${sequence}\nevent: ${type}\ndata: ${data}\n\n`
    const waiting = isResult ? text.length : 0
    results += waiting
    response.write(text, () => {
      results -= waiting
    })
  }
}

function isEnd({ telling }: Told): boolean {
  return telling.kind === 'message' && telling.message.type === 'executing' && telling.message.data.node === null
}
