import { createHmac } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { messageOf } from '../message-of.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import { checkTarget, guardedLookup } from './target.ts'

export interface WebhookOptions {
  /** What signs; without one there are no webhooks. */
  readonly secret: string | undefined
  /** Names and addresses that may be called although they are not public. */
  readonly targets: readonly string[]
  readonly log: (line: string) => void
  /** Pause after a first failure, in ms; doubles with each further one. @default 5000 */
  readonly firstPause?: number
}

const LONGEST_PAUSE = 6 * 60 * 60 * 1000
/** About three days. */
const MOST_ATTEMPTS = 24
const TIMEOUT = 10_000
const AT_ONCE = 4

/** Tells others of the end of runs, again and again until they have heard it, in the form of standardwebhooks.com. */
export class Webhooks {
  readonly #deliveries: Deliveries
  readonly #options: WebhookOptions
  readonly #underWay = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(deliveries: Deliveries, options: WebhookOptions) {
    this.#deliveries = deliveries
    this.#options = options
    this.wake()
  }

  /**
   * Whether the address may be called.
   * @throws RestorationError `invalid_input`
   */
  check(url: string): void {
    if (this.#options.secret === undefined) {
      throw new RestorationError(
        'invalid_input',
        'This host sends no webhooks, since it has nothing to sign them with.',
        'Start it with --webhook-secret or GENDR_WEBHOOK_SECRET.',
      )
    }
    checkTarget(url, this.#options.targets)
  }

  /** Sends what is due, and sees to the rest when it is. */
  wake(): void {
    clearTimeout(this.#timer)
    if (this.#closed || this.#options.secret === undefined) return
    const now = Date.now()
    for (const delivery of this.#deliveries.due(now, AT_ONCE + this.#underWay.size)) {
      if (this.#underWay.size >= AT_ONCE) break
      if (!this.#underWay.has(delivery.id)) void this.#deliver(delivery)
    }
    const next = this.#deliveries.next()
    if (next !== undefined) this.#timer = setTimeout(() => this.wake(), Math.max(1000, next - now)).unref()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    this.#underWay.add(delivery.id)
    const outcome = await this.#send(delivery).catch((error: Error) => error.message)
    // What was heard is not sent again because the disk is full.
    while (!this.#closed && !this.#note(delivery, outcome)) await sleep(this.#firstPause, undefined, { ref: false })
    this.#underWay.delete(delivery.id)
    this.wake()
  }

  /** Writes down what became of a delivery. @returns whether that could be written */
  #note({ id, run, attempts }: Delivery, outcome: string): boolean {
    const { log } = this.#options
    try {
      if (outcome === 'heard') this.#deliveries.remove(id)
      else if (outcome === 'unwanted' || attempts + 1 >= MOST_ATTEMPTS) {
        this.#deliveries.remove(id)
        log(`The webhook of run ${run} was given up: ${outcome}.`)
      } else {
        const pause = Math.min(LONGEST_PAUSE, this.#firstPause * 2 ** attempts)
        this.#deliveries.postpone(id, Date.now() + pause * (0.9 + Math.random() / 5))
        log(`The webhook of run ${run} failed and will be tried again: ${outcome}.`)
      }
      return true
    } catch (error) {
      const reason = messageOf(error)
      log(`What became of the webhook of run ${run} cannot be written, and is tried again: ${reason}.`)
      return false
    }
  }

  get #firstPause(): number {
    return this.#options.firstPause ?? 5000
  }

  /**
   * `heard`, `unwanted` (410 Gone), or what went wrong; redirections are not followed.
   * @throws RestorationError `invalid_input` when the address may not be called any more
   */
  async #send({ id, url: text, body }: Delivery): Promise<string> {
    const { secret = '', targets } = this.#options
    const url = checkTarget(text, targets)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'gendr-graph',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': sign(secret, id, timestamp, body),
    }
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestHttps : requestHttp
      const options = {
        method: 'POST',
        headers,
        lookup: guardedLookup(url, targets),
        signal: AbortSignal.timeout(TIMEOUT),
        agent: false,
      }
      const sent = send(url, options, (response) => {
        response.resume()
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) resolve('heard')
        else resolve(statusCode === 410 ? 'unwanted' : `its receiver answered ${statusCode}`)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

/** `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots (standardwebhooks.com). */
export function sign(secret: string, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** A secret that begins with `whsec_` is base64, as libraries make it. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
}
