import { once } from 'node:events'
import { type Response, Router } from 'express'
import { encodeFrame, isResult, sizeOf } from '../protocol/frames.ts'
import { sequenceSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import type { Narration, Told } from '../socket/narration.ts'
import { Outbox } from '../socket/outbox.ts'

/** How often a stream that has nothing to say shows that it is there, in ms. */
const HEARTBEAT = 4000
/** How long a client may take nothing, in ms, before it is given up. */
const PATIENCE = 60_000

/**
 * GET /api/runs/{id}/events: the messages of a run as server-sent events, those that were told already first. `id` is
 * the number of a message; a client that comes back with it as `Last-Event-ID` gets what it missed. Results and previews
 * come as `frame`, in base64. Where more was told than is kept, `resumed` says so. The stream ends with the run.
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
    const stream = new EventStream(response)
    if (past.hasGap) {
      const state = past.hasEnded ? 'ended' : 'open'
      stream.write(eventOf('resumed', { prompt_id: id, state, gap: true }))
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
    // A run that was taken out of the queue has nothing more to say.
    const unwatch = runs.subscribe(({ type }) => {
      if (type === 'queue' && !runs.isKnown(id)) stop()
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

/** A response of server-sent events. */
class EventStream {
  readonly #response: Response
  readonly #outbox = new Outbox((part) => this.#write(part))
  readonly #gone = new AbortController()

  constructor(response: Response) {
    this.#response = response
    response.once('close', () => this.#gone.abort())
  }

  /** Ends a client that is hopelessly behind; it may come back and ask for what it missed. */
  tell({ sequence, telling }: Told): void {
    if (this.#outbox.isHopeless) this.#response.destroy()
    if (telling.kind === 'message') {
      const { type } = telling.message
      this.write(eventOf(type, 'data' in telling.message ? telling.message.data : {}, sequence))
      return
    }
    const { frame } = telling
    // Who reads slowly misses previews, not messages.
    if (!isResult(frame) && this.#outbox.isBusy) return
    const base64 = () => Buffer.from(encodeFrame(frame)).toString('base64')
    this.#outbox.add(sizeOf(frame), () => Buffer.from(eventOf('frame', base64(), sequence)))
  }

  write(text: string): void {
    this.#outbox.add(text.length, () => text)
  }

  /** Shows that it is there, unless that is seen. */
  beat(): void {
    if (!this.#outbox.isBusy) this.write(':\n\n')
  }

  /** After all that waits. */
  end(): void {
    this.#outbox.end(() => this.#response.end())
  }

  #write(part: string | Uint8Array): Promise<unknown> | undefined {
    if (this.#response.destroyed) return Promise.reject(new Error('The client is gone.'))
    if (this.#response.write(part)) return undefined
    const signal = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(PATIENCE)])
    return once(this.#response, 'drain', { signal }).catch((error) => {
      this.#response.destroy()
      throw error
    })
  }
}

function eventOf(type: string, data: unknown, sequence?: number): string {
  const id = sequence === undefined ? '' : `id: ${sequence}\n`
  return `${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

function isEnd({ telling }: Told): boolean {
  return telling.kind === 'message' && telling.message.type === 'executing' && telling.message.data.node === null
}
