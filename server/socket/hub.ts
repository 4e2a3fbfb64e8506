import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { Policy } from '../guard.ts'
import { type HostLog, LOG_SIZE, type LogEntry, logText } from '../host-log.ts'
import type { Narration, Told } from '../narration/narration.ts'
import { type Limits, type ServerMessage, serverFeatures } from '../protocol/messages.ts'
import type { Surroundings } from '../runs/intake.ts'
import type { ActiveRun } from '../runs/run.ts'
import type { Runs } from '../runs/runs.ts'
import { Connection } from './connection.ts'
import { Inbox, readMessage, rejection } from './inbox.ts'
import { answerUpgrades } from './upgrades.ts'

export interface HubOptions extends Limits {
  readonly runs: Runs
  readonly narration: Narration
  readonly surroundings: Surroundings
  readonly policy: Policy
  readonly log: HostLog
  /** While a run is under way, no client waits longer than this for a message, in ms. @default 4000 */
  readonly silence?: number
  /** How often sockets are checked, in ms. @default 15000 */
  readonly heartbeat?: number
}

/** Characters of a text message; parsing a larger one would keep everybody else waiting. */
const MAX_TEXT = 8 << 20
/** Bytes of one socket that may wait for their turn; above that nothing more is read from it. */
const MAX_WAITING = 16 << 20
/** How long a client may take to agree that its socket is closed, in ms. */
const CLOSING = 1000
/** Room for the head of a binary frame. */
const MAX_HEAD = 1 << 16

/** All sockets: accepts them, hears their runs, and tells each client of its own. */
export class Hub {
  readonly #options: HubOptions
  readonly #server: WebSocketServer
  /** By client id, the newest last: that one hears of the client's runs. */
  readonly #connections = new Map<string, Connection[]>()
  /** Clients that read the host's log. */
  readonly #readers = new Set<string>()
  readonly #timers: NodeJS.Timeout[]
  readonly #unsubscribe: readonly (() => void)[]

  constructor(options: HubOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: options.maxUpload + MAX_HEAD,
    })
    this.#unsubscribe = [
      options.runs.subscribe(({ type }) => {
        if (type === 'queue') this.#broadcast(text(this.#status()))
      }),
      options.narration.subscribe((told, run) => this.#tell(told, run)),
      options.log.subscribe((entry) => this.#tellLog(entry)),
    ]
    const silence = options.silence ?? 4000
    this.#timers = [
      setInterval(() => this.#breakSilence(silence), silence / 4),
      setInterval(() => this.#checkHealth(), options.heartbeat ?? 15_000),
    ]
  }

  /** Answers the upgrade requests of a server. */
  attach(server: Server): void {
    answerUpgrades(server, this.#options.policy, (request, socket, head, url) => {
      const sid = url.searchParams.get('clientId') || randomUUID().replaceAll('-', '')
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket, request.socket, sid))
    })
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    for (const timer of this.#timers) clearInterval(timer)
    const { clients } = this.#server
    for (const socket of clients) socket.close(1001, 'The server is stopping.')
    setTimeout(() => {
      for (const socket of clients) socket.terminate()
    }, CLOSING).unref()
    this.#server.close()
  }

  /** Sends every further line of the host's log to the sockets of a client, or stops doing so. */
  followLog(clientId: string, isOn: boolean): void {
    if (isOn && this.#connections.has(clientId)) this.#readers.add(clientId)
    else this.#readers.delete(clientId)
  }

  #accept(socket: WebSocket, stream: Socket, sid: string): void {
    const connection = new Connection(socket, stream, sid)
    const inbox = new Inbox(sid, this.#options)
    this.#connections.set(sid, [...(this.#connections.get(sid) ?? []), connection])
    let work = Promise.resolve()
    let waiting = 0
    socket.on('message', (data, isBinary) => {
      const bytes = bytesOf(data)
      const { length } = bytes
      waiting += length
      if (waiting > MAX_WAITING) socket.pause()
      // Runs of one socket keep their order; a ping never waits for them.
      const heard = isBinary ? work.then(inbox.receive(bytes)) : this.#hear(connection, inbox, bytes, work)
      work = heard
        .catch((error) => this.#options.log.add(logText(error)))
        .then(() => {
          waiting -= length
          if (waiting <= MAX_WAITING && socket.isPaused) socket.resume()
        })
    })
    socket.on('close', () => {
      inbox.close()
      this.#forget(connection)
    })
    socket.on('error', () => socket.terminate())
    connection.send(JSON.stringify({ ...this.#status(), data: { ...this.#status().data, sid } }))
    const { runs, narration } = this.#options
    const own = runs.active.findLast(({ clientId }) => clientId === sid)
    const node = own === undefined ? null : narration.lastNode(own.id)
    if (node !== null) connection.send(text({ type: 'executing', data: { node } }))
  }

  #hear(connection: Connection, inbox: Inbox, bytes: Uint8Array, work: Promise<void>): Promise<void> {
    if (bytes.length > MAX_TEXT) return work.then(() => connection.send(text(TOO_LARGE)))
    const message = readMessage(new TextDecoder().decode(bytes))
    switch (message?.type) {
      case 'ping':
        connection.send(text({ type: 'pong' }))
        return work
      case 'feature_flags':
        connection.features = message.data
        connection.send(text({ type: 'feature_flags', data: serverFeatures(this.#options) }))
        return work
      case 'resume':
        this.#resume(connection, message.data.prompt_id, message.data.after)
        return work
      case 'run':
        return work.then(async () => connection.send(text(await inbox.run(message))))
      case 'run_rejected':
        return work.then(() => connection.send(text(message)))
      case undefined:
        return work
    }
  }

  #forget(connection: Connection): void {
    const left = (this.#connections.get(connection.sid) ?? []).filter((other) => other !== connection)
    if (left.length > 0) this.#connections.set(connection.sid, left)
    else {
      this.#connections.delete(connection.sid)
      this.#readers.delete(connection.sid)
    }
  }

  #tell(told: Told, run: ActiveRun): void {
    const { telling } = told
    const isForAll =
      run.clientId === undefined && telling.kind === 'message' && telling.message.type === 'execution_interrupted'
    if (isForAll) this.#broadcast(text(telling.message))
    else if (run.clientId !== undefined) this.#connections.get(run.clientId)?.at(-1)?.tell(told)
  }

  /** Tells a client what it missed of a run; what is told from now on follows, if the run is its own. */
  #resume(connection: Connection, run: string, after: number): void {
    const past = this.#options.narration.since(run, after)
    const state = past === undefined ? 'unknown' : past.hasEnded ? 'ended' : 'open'
    const gap = past?.hasGap === true ? { gap: true } : {}
    connection.send(text({ type: 'resumed', data: { prompt_id: run, state, ...gap } }))
    for (const told of past?.told ?? []) connection.tell(told)
  }

  #tellLog(entry: LogEntry): void {
    const message = text({ type: 'logs', data: { entries: [entry], size: LOG_SIZE } })
    for (const reader of this.#readers) this.#connections.get(reader)?.at(-1)?.send(message)
  }

  #broadcast(message: string): void {
    for (const connection of this.#everyConnection()) connection.send(message)
  }

  /** Some clients take 10 s without a message for a lost connection. */
  #breakSilence(silence: number): void {
    if (this.#options.runs.active.length === 0) return
    const due = performance.now() - silence * 0.75
    for (const connection of this.#everyConnection()) {
      if (connection.sentAt <= due) connection.send(text(this.#status()))
    }
  }

  #checkHealth(): void {
    for (const connection of this.#everyConnection()) connection.checkHealth()
  }

  #everyConnection(): Connection[] {
    return [...this.#connections.values()].flat()
  }

  #status(): Extract<ServerMessage, { type: 'status' }> {
    const { remaining, isDiskFull } = this.#options.runs
    const status = { exec_info: { queue_remaining: remaining }, ...(isDiskFull && { disk_full: true as const }) }
    return { type: 'status', data: { status } }
  }
}

/** Nothing but a run is that large; its id cannot be told without parsing it. */
const TOO_LARGE = rejection(
  new RestorationError(
    'invalid_input',
    `The message is larger than ${MAX_TEXT >> 20} MiB.`,
    'Send pictures in binary frames before the run, and the graph alone in it.',
  ),
)

function text(message: ServerMessage): string {
  return JSON.stringify(message)
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
