import { type ChildProcess, fork } from 'node:child_process'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Deferred } from '../concurrency/deferred.ts'
import { Turns } from '../concurrency/turns.ts'
import { type Script, script } from '../script.ts'

export interface PreviewRequest {
  readonly kind: 'preview'
  readonly path: string
  readonly preview: { readonly format: 'webp' | 'jpeg'; readonly quality: number } | undefined
  /** `rgb` leaves out alpha, `a` gives a black picture with the alpha. */
  readonly channel: 'rgb' | 'a' | undefined
  readonly maxPixels: number
}

/** A picture that gets the alpha of another one. */
export interface MaskRequest {
  readonly kind: 'mask'
  readonly path: string
  /** The file with the alpha. */
  readonly mask: Uint8Array
  readonly maxPixels: number
}

/** What there is to know of a picture before it is shown. */
export interface FactsRequest {
  readonly kind: 'facts'
  readonly path: string
  readonly maxPixels: number
}

/** The picture for a screen, neither side longer than `size`. */
export interface ReducedRequest {
  readonly kind: 'reduced'
  readonly path: string
  readonly size: number
  readonly maxPixels: number
  /** The folder of the pyramids. */
  readonly pyramids: string
}

/** One tile of a level of a large picture; level 0 is the whole size, each further one half of it. */
export interface TileRequest {
  readonly kind: 'tile'
  readonly path: string
  readonly level: number
  readonly column: number
  readonly row: number
  readonly maxPixels: number
  readonly pyramids: string
}

export interface PreviewAnswer {
  readonly bytes: Uint8Array
  readonly format: string
}

/** Sizes are those of the upright picture; a picture with `levels` is too large to be shown whole. */
export interface PictureFacts {
  readonly width: number
  readonly height: number
  /** sharp's name: png, jpeg, webp, tiff, … */
  readonly format: string
  readonly channels: number
  /** Bits of a sample. */
  readonly bits: number
  readonly hasAlpha: boolean
  /** Whether its colours may lie outside of sRGB. */
  readonly isWide: boolean
  /** How many levels its tiles come in; 0 for a picture that is shown whole. */
  readonly levels: number
}

/** A reduced picture, or null bytes where the file itself is small enough and any browser shows it. */
export interface ReducedAnswer {
  readonly bytes: Uint8Array | null
  readonly format: string
  readonly width: number
  readonly height: number
}

export type PictureRequest = PreviewRequest | MaskRequest | FactsRequest | ReducedRequest | TileRequest

/** What each kind of request is answered with. */
interface Answers {
  readonly preview: PreviewAnswer
  readonly mask: PreviewAnswer
  readonly facts: PictureFacts
  readonly reduced: ReducedAnswer
  readonly tile: PreviewAnswer
}

export type PictureAnswer = Answers[keyof Answers]

type Reply = { readonly id: number } & (
  | { readonly answer: PictureAnswer }
  | { readonly failure: Pick<RestorationError, 'code' | 'message' | 'remedy'> }
)

const IDLE = 120_000
/** Requests of one weight at once: more pictures are not decoded faster, and each may take some bytes for every pixel. */
const MOST = 4

/** What a header or a tile tells in milliseconds does not wait for what decodes a whole picture, nor for the first tile of one. */
const WEIGHTS = ['header', 'tile', 'picture'] as const

const WEIGHT_OF: Readonly<Record<PictureRequest['kind'], (typeof WEIGHTS)[number]>> = {
  facts: 'header',
  tile: 'tile',
  preview: 'picture',
  mask: 'picture',
  reduced: 'picture',
}

/** Threads of the process: one for each request that may be under way. */
const THREADS = MOST * WEIGHTS.length

const ENDED = new RestorationError(
  'image_unreadable',
  'The picture cannot be used: the process that decodes it ended.',
  'Name a picture that can be decoded.',
)

/**
 * Re-encodes pictures in a process of its own, which starts at the first request and goes when there is nothing to do. Few at
 * once; the signal of a request says that its client has gone, whose picture, if it still waits, is never begun.
 */
export class Previewer {
  readonly #script: Script
  readonly #pyramids: string
  readonly #turns = new Map(WEIGHTS.map((weight) => [weight, new Turns(MOST)]))
  readonly #pending = new Map<number, Deferred<PictureAnswer>>()
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #isClosed = false
  #nextId = 0

  /** @param pyramids a folder for large pictures in tiles; it is made and kept small */
  constructor(pyramids: string, source: Script = script(import.meta.url, './preview-process')) {
    this.#pyramids = pyramids
    this.#script = source
  }

  /** @throws RestorationError `image_unreadable`, `image_too_large` */
  render(request: Omit<PreviewRequest, 'kind'>, signal?: AbortSignal): Promise<PreviewAnswer> {
    return this.#ask({ kind: 'preview', ...request }, signal)
  }

  /**
   * The picture at `path` as PNG with its texts and with the alpha of `mask`.
   * @throws RestorationError `image_unreadable`, `image_too_large`, `invalid_input` when they are of two sizes
   */
  async masked(request: Omit<MaskRequest, 'kind'>): Promise<Uint8Array> {
    return (await this.#ask({ kind: 'mask', ...request })).bytes
  }

  /** @throws RestorationError `image_unreadable`, `image_too_large` */
  facts(request: Omit<FactsRequest, 'kind'>, signal?: AbortSignal): Promise<PictureFacts> {
    return this.#ask({ kind: 'facts', ...request }, signal)
  }

  /** @throws RestorationError `image_unreadable`, `image_too_large` */
  reduced(request: Omit<ReducedRequest, 'kind' | 'pyramids'>, signal?: AbortSignal): Promise<ReducedAnswer> {
    return this.#ask({ kind: 'reduced', pyramids: this.#pyramids, ...request }, signal)
  }

  /** @throws RestorationError `image_unreadable`, `image_too_large`, `invalid_input` when there is no such tile */
  tile(request: Omit<TileRequest, 'kind' | 'pyramids'>, signal?: AbortSignal): Promise<PreviewAnswer> {
    return this.#ask({ kind: 'tile', pyramids: this.#pyramids, ...request }, signal)
  }

  async #ask<Kind extends keyof Answers>(
    request: Extract<PictureRequest, { kind: Kind }>,
    signal?: AbortSignal,
  ): Promise<Answers[Kind]> {
    const turns = this.#turns.get(WEIGHT_OF[request.kind])!
    // The process keeps to that.
    return (await turns.take(() => this.#send(request), signal)) as Answers[Kind]
  }

  #send(request: PictureRequest): Promise<PictureAnswer> {
    if (this.#isClosed) return Promise.reject(ENDED)
    clearTimeout(this.#idle)
    this.#child ??= this.#start()
    const id = this.#nextId++
    const deferred = new Deferred<PictureAnswer>()
    this.#pending.set(id, deferred)
    // One without a channel ends, or never began, and of that we are told.
    if (this.#child.connected) this.#child.send({ id, request }, () => undefined)
    return deferred.promise
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#idle)
    this.#child?.kill()
  }

  #start(): ChildProcess {
    const child = fork(this.#script.entry, {
      serialization: 'advanced',
      execArgv: [...this.#script.execArgv],
      env: { ...process.env, UV_THREADPOOL_SIZE: `${THREADS}` },
    })
    child.on('message', (reply) => this.#receive(reply as Reply))
    child.on('error', (error) => {
      // One that could not be started has no exit.
      if (child.pid === undefined) this.#lose(child, error)
    })
    child.once('exit', () => this.#lose(child, ENDED))
    return child
  }

  #lose(child: ChildProcess, reason: Error): void {
    // One that was let go owes nothing.
    if (child !== this.#child) return
    this.#child = undefined
    for (const { reject } of this.#pending.values()) reject(reason)
    this.#pending.clear()
  }

  #receive(reply: Reply): void {
    const deferred = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    if ('answer' in reply) deferred?.resolve(reply.answer)
    else {
      const { code, message, remedy } = reply.failure
      deferred?.reject(new RestorationError(code, message, remedy))
    }
    if (this.#pending.size === 0) this.#idle = setTimeout(() => this.#letGo(), IDLE).unref()
  }

  /** Ends the process; the next request, however soon, starts another one. */
  #letGo(): void {
    this.#child?.kill()
    this.#child = undefined
  }
}
