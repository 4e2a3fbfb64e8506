import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { encodeFrame, type Frame, isResult } from '../protocol/frames.ts'
import type { FeatureFlags, ServerMessage } from '../protocol/messages.ts'
import { KEPT_BYTES, type Told } from './narration.ts'
import type { Telling } from './narrator.ts'

/** Unsent bytes from which previews are dropped: the next one is better than a late one. */
const SLOW = 1 << 20
/** Unsent bytes, the largest result aside, from which a client is given up: all that is kept of a run may wait for it. */
export const HOPELESS = KEPT_BYTES + (64 << 20)

/** One socket, with what its client said of itself and how far it is behind. */
export class Connection {
  readonly sid: string
  features: FeatureFlags = {}
  /** When something was last sent, in ms since the epoch. */
  sentAt = 0
  readonly #socket: WebSocket
  /** What the socket writes to. */
  readonly #stream: Duplex
  #isCorked = false
  /** Bytes of the results that are unsent, the oldest first. */
  readonly #results: number[] = []
  #unsentBefore = 0
  #answered = true
  /** The node of the last `executing` of a run. */
  #executing: string | null = null

  constructor(socket: WebSocket, stream: Duplex, sid: string) {
    this.#socket = socket
    this.#stream = stream
    this.sid = sid
    socket.on('pong', () => {
      this.#answered = true
    })
  }

  /** Sends a message that is already JSON text. */
  send(text: string): void {
    if (!this.#isThere()) return
    this.sentAt = Date.now()
    this.#cork()
    this.#socket.send(text)
  }

  /** Sends something of a run; with its number to a client that asked for numbers. */
  tell({ sequence, telling }: Told): void {
    if (telling.kind === 'frame') this.#sendFrame(telling)
    else this.#sendMessage(telling.message, this.features.supports_sequence === true ? sequence : undefined)
  }

  /** To be called now and then: ends a socket whose client neither answered nor took any bytes since the last call. */
  checkHealth(): void {
    const unsent = this.#socket.bufferedAmount
    // Whoever is not listened to cannot be heard.
    if (this.#socket.isPaused) this.#answered = true
    if (!this.#answered && unsent >= this.#unsentBefore) {
      this.#socket.terminate()
      return
    }
    this.#unsentBefore = unsent
    this.#answered = false
    this.#socket.ping()
  }

  /** Whether anything can be sent; a client that is hopelessly behind is given up. */
  #isThere(): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return false
    if (this.#socket.bufferedAmount - Math.max(0, ...this.#results) <= HOPELESS) return true
    this.#socket.terminate()
    return false
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
    if (!this.#isThere()) return
    if (!isResult(frame) && this.#socket.bufferedAmount > SLOW) return
    // ComfyUI runs one node after the other, so its clients take a frame for one of the last `executing`. Where branches run
    // at once that is said anew: without a number, since a client that comes back after it has not had the frame.
    if (this.features.supports_preview_metadata !== true && of.node !== this.#executing) {
      this.#sendMessage({ type: 'executing', data: of })
    }
    const bytes = encodeFrame(this.#understood(frame))
    this.sentAt = Date.now()
    if (isResult(frame)) this.#sendResult(bytes)
    else this.#socket.send(bytes)
  }

  #sendResult(bytes: Uint8Array): void {
    this.#results.push(bytes.length)
    this.#socket.send(bytes, () => this.#results.shift())
  }

  #understood(frame: Frame): Frame {
    if (frame.type !== 'previewWithMetadata' || this.features.supports_preview_metadata === true) return frame
    return { type: 'preview', format: frame.metadata.image_type, bytes: frame.bytes }
  }
}
