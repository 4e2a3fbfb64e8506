import { once } from 'node:events'
import { type Response, Router } from 'express'
import { encodeFrame, isResult } from '../protocol/frames.ts'
import { sequenceSchema } from '../protocol/requests.ts'
import type { Runs } from '../runs/runs.ts'
import { HOPELESS } from '../socket/connection.ts'
import type { Narration, Told } from '../socket/narration.ts'

/** How often a stream that has nothing to say shows that it is there, in ms. */
const HEARTBEAT = 4000
/** What is written at once, in characters, and how long a client may take for it, in ms, before it is given up. */
const PIECE = 1 << 18
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

/** A response of server-sent events, written as fast as its client reads; what waits is kept as it is, not as text. */
class EventStream {
  readonly #response: Response
  readonly #waiting: { readonly size: number; readonly text: () => string }[] = []
  #unsent = 0
  #isWriting = false
  #hasEnded = false
  readonly #gone = new AbortController()

  constructor(response: Response) {
    this.#response = response
    response.once('close', () => this.#gone.abort())
  }

  /** Ends a client that is hopelessly behind; it may come back and ask for what it missed. */
  tell({ sequence, telling }: Told): void {
    // The one that is being written has been taken out: it may be as large as it is.
    if (this.#unsent > HOPELESS) this.#response.destroy()
    if (telling.kind === 'message') {
      const { type } = telling.message
      this.write(eventOf(type, 'data' in telling.message ? telling.message.data : {}, sequence))
      return
    }
    const { frame } = telling
    // Who reads slowly misses previews, not messages.
    if (!isResult(frame) && this.#isWriting) return
    const base64 = () => Buffer.from(encodeFrame(frame)).toString('base64')
    const size = frame.type === 'text' ? frame.text.length : frame.bytes.length
    this.#add(size, () => eventOf('frame', base64(), sequence))
  }

  write(text: string): void {
    this.#add(text.length, () => text)
  }

  /** Shows that it is there, unless that is seen. */
  beat(): void {
    if (!this.#isWriting) this.#response.write(':\n\n')
  }

  /** After all that waits. */
  end(): void {
    this.#hasEnded = true
    if (!this.#isWriting) this.#response.end()
  }

  #add(size: number, text: () => string): void {
    if (this.#response.destroyed) return
    this.#waiting.push({ size, text })
    this.#unsent += size
    if (!this.#isWriting) this.#flush().catch(() => this.#response.destroy())
  }

  /** Takes no turn of the event loop while the client keeps up. */
  async #flush(): Promise<void> {
    this.#isWriting = true
    const { signal } = this.#gone
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#unsent -= next.size
      const text = next.text()
      for (let at = 0; at < text.length; at += PIECE) {
        if (this.#response.write(text.slice(at, at + PIECE))) continue
        await once(this.#response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) })
      }
    }
    this.#isWriting = false
    if (this.#hasEnded) this.#response.end()
  }
}

function eventOf(type: string, data: unknown, sequence?: number): string {
  const id = sequence === undefined ? '' : `id: ${sequence}\n`
  return `${id}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

function isEnd({ telling }: Told): boolean {
  return telling.kind === 'message' && telling.message.type === 'executing' && telling.message.data.node === null
}
