import { once } from 'node:events'
import type { Response } from 'express'
import type { Told } from '../narration/narration.ts'
import { Outbox } from '../narration/outbox.ts'
import { encodeFrame, type Frame, isResult, sizeOf } from '../protocol/frames.ts'

/** How long a client may take nothing, in ms, before it is given up. */
const PATIENCE = 60_000
/** Bytes of a frame that are encoded at once, divisible by three: one string of all could be longer than strings may be. */
const PIECE = 48 << 10

/** A response of server-sent events: messages as JSON, frames in base64. */
export class EventStream {
  readonly #response: Response
  readonly #outbox = new Outbox<string>(
    (part) => this.#write(part),
    () => this.#response.destroy(),
  )
  readonly #gone = new AbortController()

  constructor(response: Response) {
    this.#response = response
    response.once('close', () => this.#gone.abort())
  }

  /** Ends a client that is hopelessly behind; it may come back and ask for what it missed. */
  tell({ sequence, telling }: Told): void {
    if (telling.kind === 'message') {
      const { message } = telling
      this.say(message.type, 'data' in message ? message.data : {}, sequence)
      return
    }
    const { frame } = telling
    // Who reads slowly misses previews, not messages.
    if (isResult(frame) || !this.#outbox.isBusy) this.#outbox.add(sizeOf(frame), () => frameEvent(frame, sequence))
  }

  /** @param sequence the number that the event has among those of its run */
  say(type: string, data: unknown, sequence?: number): void {
    this.#add(`${headOf(type, sequence)}${JSON.stringify(data)}\n\n`)
  }

  /** Shows that it is there, unless that is seen. */
  beat(): void {
    if (!this.#outbox.isBusy) this.#add(':\n\n')
  }

  /** After all that waits. */
  end(): void {
    this.#outbox.end(() => this.#response.end())
  }

  #add(text: string): void {
    this.#outbox.add(text.length, () => [text])
  }

  #write(part: string): Promise<unknown> | undefined {
    if (this.#response.destroyed) return Promise.reject(new Error('The client is gone.'))
    if (this.#response.write(part)) return undefined
    return once(this.#response, 'drain', {
      signal: AbortSignal.any([this.#gone.signal, AbortSignal.timeout(PATIENCE)]),
    })
  }
}

function headOf(type: string, sequence?: number): string {
  const id = sequence === undefined ? '' : `id: ${sequence}\n`
  return `${id}event: ${type}\ndata: `
}

function* frameEvent(frame: Frame, sequence: number): Generator<string> {
  const bytes = Buffer.from(encodeFrame(frame).buffer)
  yield `${headOf('frame', sequence)}"`
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.toString('base64', at, at + PIECE)
  yield '"\n\n'
}
