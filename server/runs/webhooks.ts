import { createHmac } from 'node:crypto'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { messageOf } from '../message-of.ts'
import type { Deliveries, Delivery } from './deliveries.ts'
import { checkTarget, guardedLookup } from './target.ts'

export interface WebhookOptions {
  /** What signs, each of them; without one there are no webhooks. */
  readonly keys: readonly Uint8Array[]
  /** Names and addresses that may be called although they are not public. */
  readonly targets: readonly string[]
  readonly log: (line: string) => void
  /** Pause after a first failure, in ms; doubles with each further one. @default 5000 */
  readonly firstPause?: number
}

/** Who answers, but not with 2xx, is left to mend that. */
const LONGEST_PAUSE = 6 * 60 * 60 * 1000
/** Who does not answer may be back at any time, and is to hear then of runs that end. */
const LONGEST_SILENCE = 5 * 60 * 1000
/** How long a receiver may take from the first try until it has heard, in ms. */
const PATIENCE = 3 * 24 * 60 * 60 * 1000
const TIMEOUT = 10_000
/** Requests that are under way at once, each to another receiver. */
const AT_ONCE = 16

/** What became of a request: `silent` where nothing answered. */
interface Outcome {
  readonly kind: 'heard' | 'refused' | 'unwanted' | 'silent'
  readonly reason: string
}

/**
 * Tells others of the end of runs, again and again until they have heard it, in the form of standardwebhooks.com. A
 * receiver that does not answer is left alone for longer and longer, and keeps nobody else waiting.
 */
export class Webhooks {
  readonly #deliveries: Deliveries
  readonly #options: WebhookOptions
  /** Receivers that are being told. */
  readonly #underWay = new Set<string>()
  /** Receivers that did not answer: how often in a row, and until when they are left alone, in ms since 1970. */
  readonly #silent = new Map<string, { readonly times: number; readonly until: number }>()
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
    if (this.#options.keys.length === 0) {
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
    if (this.#closed || this.#options.keys.length === 0) return
    const now = Date.now()
    const pauses = [...this.#silent].filter(([, { until }]) => until > now)
    const avoided = () => [...this.#underWay, ...pauses.map(([receiver]) => receiver)]
    while (this.#underWay.size < AT_ONCE) {
      const delivery = this.#deliveries.due(now, avoided())
      if (delivery === undefined) break
      void this.#deliver(delivery)
    }
    const next = Math.min(this.#deliveries.next(avoided()) ?? Infinity, ...pauses.map(([, { until }]) => until))
    if (next < Infinity) this.#timer = setTimeout(() => this.wake(), Math.max(1000, next - now)).unref()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { receiver } = delivery
    this.#underWay.add(receiver)
    const outcome = await this.#send(delivery).catch((error): Outcome => ({ kind: 'silent', reason: messageOf(error) }))
    if (outcome.kind !== 'silent') this.#silent.delete(receiver)
    else {
      const times = (this.#silent.get(receiver)?.times ?? 0) + 1
      this.#silent.set(receiver, { times, until: Date.now() + this.#pauseAfter(times, LONGEST_SILENCE) })
    }
    // What was heard is not sent again because the disk is full.
    while (!this.#closed && !this.#note(delivery, outcome)) await sleep(this.#firstPause, undefined, { ref: false })
    this.#underWay.delete(receiver)
    this.wake()
  }

  /** Writes down what became of a delivery. @returns whether that could be written */
  #note({ id, run, receiver, attempts, triedAt }: Delivery, { kind, reason }: Outcome): boolean {
    const { log } = this.#options
    const now = Date.now()
    const late = now - PATIENCE
    const isLate = triedAt !== null && triedAt < late
    const longest = kind === 'silent' ? LONGEST_SILENCE : LONGEST_PAUSE
    try {
      if (kind === 'heard' || kind === 'unwanted' || isLate) this.#deliveries.remove(id)
      else this.#deliveries.postpone(id, now, now + this.#pauseAfter(attempts + 1, longest))
      const others = kind === 'silent' ? this.#deliveries.silence(receiver, now, late) : []
      if (kind === 'heard') return true
      const tooLate = 'was given up after three days'
      const fate = kind === 'unwanted' ? 'was given up' : isLate ? tooLate : 'failed and will be tried again'
      log(`The webhook of run ${run} ${fate}: ${reason}.`)
      for (const other of others) log(`The webhook of run ${other} ${tooLate}: ${reason}.`)
      return true
    } catch (error) {
      const reason = messageOf(error)
      log(`What became of the webhook of run ${run} cannot be written, and is tried again: ${reason}.`)
      return false
    }
  }

  /** Longer and longer, by how often something has failed; never quite the same. */
  #pauseAfter(times: number, longest: number): number {
    return Math.min(longest, this.#firstPause * 2 ** (times - 1)) * (0.9 + Math.random() / 5)
  }

  get #firstPause(): number {
    return this.#options.firstPause ?? 5000
  }

  /**
   * Sends one request; 410 Gone is `unwanted`, and redirections are not followed.
   * @throws RestorationError `invalid_input` when the address may not be called any more
   */
  async #send({ id, url: text, body }: Delivery): Promise<Outcome> {
    const { keys, targets } = this.#options
    const url = checkTarget(text, targets)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'gendr-graph',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': keys.map((key) => sign(key, id, timestamp, body)).join(' '),
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
        const isHeard = statusCode >= 200 && statusCode < 300
        const kind = isHeard ? 'heard' : statusCode === 410 ? 'unwanted' : 'refused'
        resolve({ kind, reason: `its receiver answered ${statusCode}` })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }
}

/** `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots (standardwebhooks.com). */
export function sign(key: Uint8Array, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
