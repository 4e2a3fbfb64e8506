import { type ChildProcess, fork } from 'node:child_process'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Deferred } from '../runs/deferred.ts'
import { type Script, script } from '../runs/script.ts'

export interface PreviewRequest {
  readonly path: string
  readonly preview: { readonly format: 'webp' | 'jpeg'; readonly quality: number } | undefined
  /** `rgb` leaves out alpha, `a` gives a black picture with the alpha. */
  readonly channel: 'rgb' | 'a' | undefined
  readonly maxPixels: number
}

/** A picture that gets the alpha of another one. */
export interface MaskRequest {
  readonly path: string
  /** The file with the alpha. */
  readonly mask: Uint8Array
  readonly maxPixels: number
}

export interface PreviewAnswer {
  readonly bytes: Uint8Array
  readonly format: string
}

type Reply = { readonly id: number } & ({ readonly answer: PreviewAnswer } | { readonly error: string })

const IDLE = 30_000

/** Re-encodes pictures in a process of its own, which starts at the first request and goes when there is nothing to do. */
export class Previewer {
  readonly #script: Script
  readonly #pending = new Map<number, Deferred<PreviewAnswer>>()
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #nextId = 0

  constructor(source: Script = script(import.meta.url, './preview-process')) {
    this.#script = source
  }

  /** @throws RestorationError `image_unreadable` */
  render(request: PreviewRequest): Promise<PreviewAnswer> {
    return this.#ask(request)
  }

  /** The picture at `path` as PNG with its texts and with the alpha of `mask`. @throws RestorationError `image_unreadable` */
  async masked(request: MaskRequest): Promise<Uint8Array> {
    return (await this.#ask(request)).bytes
  }

  #ask(request: PreviewRequest | MaskRequest): Promise<PreviewAnswer> {
    clearTimeout(this.#idle)
    this.#child ??= this.#start()
    const id = this.#nextId++
    const deferred = new Deferred<PreviewAnswer>()
    this.#pending.set(id, deferred)
    this.#child.send({ id, request }, () => undefined)
    return deferred.promise
  }

  close(): void {
    clearTimeout(this.#idle)
    this.#child?.kill()
  }

  #start(): ChildProcess {
    const child = fork(this.#script.entry, { serialization: 'advanced', execArgv: [...this.#script.execArgv] })
    child.on('message', (reply) => this.#receive(reply as Reply))
    child.once('exit', () => {
      this.#child = undefined
      for (const id of this.#pending.keys()) this.#fail(id, 'the process that decodes it ended')
    })
    return child
  }

  #receive(reply: Reply): void {
    if ('answer' in reply) this.#pending.get(reply.id)?.resolve(reply.answer)
    else this.#fail(reply.id, reply.error)
    this.#pending.delete(reply.id)
    if (this.#pending.size === 0) this.#idle = setTimeout(() => this.#child?.kill(), IDLE).unref()
  }

  #fail(id: number, reason: string): void {
    const message = `The picture cannot be used: ${reason}.`
    this.#pending
      .get(id)
      ?.reject(
        new RestorationError(
          'image_unreadable',
          message,
          'Name a picture that can be decoded; a mask has the size of its picture.',
        ),
      )
    this.#pending.delete(id)
  }
}
