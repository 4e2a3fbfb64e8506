import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { Deferred } from '../concurrency/deferred.ts'
import type { Told } from '../narration/narration.ts'
import type { Telling } from '../narration/narrator.ts'
import { Outbox } from '../narration/outbox.ts'
import { encodeFrame, type Frame, isResult, sizeOf } from '../protocol/frames.ts'
import type { FeatureFlags, ServerMessage } from '../protocol/messages.ts'

/** Unsent bytes from which all waits until they are taken, and previews are dropped: the next one is better than a late one. */
const SLOW = 256 << 10
/** Bytes that are written at once. With `SLOW` it says how much a client has to take until it is seen to read. */
const PIECE = 64 << 10
/**
 * Looks that a client may leave without a sign of life. A ping comes after all that is on the way to it, of which the
 * system alone may have megabytes, so there have to be several.
 */
const PATIENCE = 4

/** A part of a message. */
interface Fragment {
  readonly data: string | Uint8Array
  readonly isLast: boolean
}

/** One socket, with what its client said of itself and how far it is behind. */
export class Connection {
  readonly sid: string
  features: FeatureFlags = {}
  /** When something was last sent, on the clock that nobody sets. */
  sentAt = 0
  readonly #socket: WebSocket
  /** What the socket writes to. */
  readonly #stream: Socket
  #isCorked = false
  readonly #outbox = new Outbox<Fragment>(
    (fragment) => this.#write(fragment),
    () => this.#socket.terminate(),
  )
  /** Looks since the client last sent something, or took what waited for it. */
  #looks = 0
  /** What it had sent at the last look. */
  #bytesRead = 0
  /** The node of the last `executing` of a run. */
  #executing: string | null = null

  constructor(socket: WebSocket, stream: Socket, sid: string) {
    this.#socket = socket
    this.#stream = stream
    this.sid = sid
  }

  /** Sends a message that is already JSON text. */
  send(text: string): void {
    if (!this.#isOpen) return
    this.sentAt = performance.now()
    this.#outbox.add(text.length, () => [{ data: text, isLast: true }])
  }

  /** Sends something of a run; with its number to a client that asked for numbers. */
  tell({ sequence, telling }: Told): void {
    if (telling.kind === 'frame') this.#sendFrame(telling)
    else this.#sendMessage(telling.message, this.features.supports_sequence === true ? sequence : undefined)
  }

  /** To be called every 15 s or so: ends a socket whose client for a minute neither sent anything nor took what waits for it. */
  checkHealth(): void {
    const { bytesRead } = this.#stream
    // Whoever is not listened to cannot be heard. A part of a picture is as good as an answer, which comes after it.
    if (this.#socket.isPaused || bytesRead > this.#bytesRead) this.#looks = 0
    this.#bytesRead = bytesRead
    if (this.#looks++ < PATIENCE) this.#socket.ping()
    else this.#socket.terminate()
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Messages of one turn of the event loop leave together: a write for each costs more than making it. */
  #cork(): void {
    if (this.#isCorked) return
    this.#isCorked = true
    this.#stream.cork()
    setImmediate(() => {
      this.#isCorked = false
      this.#stream.uncork()
    })
  }

  #sendMessage(message: ServerMessage, sequence?: number): void {
    if (message.type === 'executing') this.#executing = message.data.node
    this.send(JSON.stringify(sequence !== undefined && 'data' in message ? { ...message, sequence } : message))
  }

  /** Sends a frame; previews go in the form that the client understands, and not to a client that is behind. */
  #sendFrame({ frame, of }: Extract<Telling, { kind: 'frame' }>): void {
    if (!this.#isOpen) return
    if (!isResult(frame) && (this.#outbox.isBusy || this.#socket.bufferedAmount > SLOW)) return
    // ComfyUI runs one node after the other, so its clients take a frame for one of the last `executing`. Where branches run
    // at once that is said anew: without a number, since a client that comes back after it has not had the frame.
    if (this.features.supports_preview_metadata !== true && of.node !== this.#executing) {
      this.#sendMessage({ type: 'executing', data: of })
    }
    this.sentAt = performance.now()
    const understood = this.#understood(frame)
    this.#outbox.add(sizeOf(frame), () => fragmentsOf(encodeFrame(understood)))
  }

  #write({ data, isLast }: Fragment): Promise<void> | undefined {
    if (!this.#isOpen) return Promise.reject(new Error('The socket is closed.'))
    if (typeof data === 'string') this.#cork()
    const { promise, resolve, reject } = new Deferred<void>()
    this.#socket.send(data, { binary: typeof data !== 'string', fin: isLast }, (error) => {
      if (error) reject(error)
      else resolve()
    })
    if (this.#socket.bufferedAmount <= SLOW) return undefined
    return promise.then(() => {
      this.#looks = 0
    })
  }

  #understood(frame: Frame): Frame {
    if (frame.type !== 'previewWithMetadata' || this.features.supports_preview_metadata === true) return frame
    return { type: 'preview', format: frame.metadata.image_type, bytes: frame.bytes }
  }
}

function* fragmentsOf(bytes: Uint8Array): Generator<Fragment> {
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield { data: bytes.subarray(at, at + PIECE), isLast: at + PIECE >= bytes.length }
  }
}
