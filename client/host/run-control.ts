import type { Prompt } from '../../server/graph/prompt.ts'
import type { ServerMessage } from '../../server/protocol/messages.ts'
import { type Host, HostError, type PastRun } from './host.ts'
import type { Order, UpTo } from './order.ts'
import {
  boardOfRun,
  EMPTY_BOARD,
  type RunBoard,
  refused,
  told,
  withOutputs,
  withPreview,
  withTimes,
  withWarnings,
  withWords,
} from './run-board.ts'
import { RunOrigins } from './run-origins.ts'
import type { SocketEvent } from './socket.ts'

/** What a run has to say to the person in front of it, and of which node. */
export type Announce = (tone: 'error' | 'warning' | 'good', message: string, remedy?: string, about?: About) => void

/** The tab that a run is of, and the node that is to blame as the run calls it. */
export interface About {
  readonly tab: string
  readonly node: string | undefined
}

interface OwnRun {
  readonly prompt: Prompt
  readonly origin: Origin
  readonly upTo?: UpTo | undefined
  readonly version?: number | undefined
}

/** The tab that a run was started from; undefined where that is not known. */
type Origin = string | undefined

/** All that the socket brings but a new connection, after which there is to catch up. */
type Heard = Exclude<SocketEvent, { kind: 'connected' }>

/** A run of another window tells this one nothing, so the host is asked. */
const WATCH_PAUSE = 1500
const DISK_FULL = ['The disk of the host is full.', 'Make room on it. The run goes on by itself then.'] as const

/** Starts and stops runs, and keeps for each tab the board of the one under way, or of its latest one. */
export class RunControl {
  readonly #host: Host
  readonly #announce: Announce
  readonly #show: (board: RunBoard) => void
  readonly #origins: RunOrigins
  readonly #own = new Map<string, OwnRun>()
  readonly #boards = new Map<Origin, RunBoard>()
  /** Where the run that began last is from. */
  #latest: Origin
  #queued = 0
  #isDiskFull = false
  /** Messages that arrived while the host's answer to POST /prompt was under way. */
  #early: Heard[] | undefined
  #pending = 0

  constructor(host: Host, announce: Announce, show: (board: RunBoard) => void, storage: Storage) {
    this.#host = host
    this.#announce = announce
    this.#show = show
    this.#origins = new RunOrigins(storage)
  }

  /** The run under way that began last; where there is none, the latest. */
  get board(): RunBoard {
    const latest = this.boardOf(this.#latest)
    if (latest.state === 'running') return latest
    return [...this.#boards.values()].find(({ state }) => state === 'running') ?? latest
  }

  /** What a tab's graph shows: its latest run, and what earlier ones have shown. */
  boardOf(tab: Origin): RunBoard {
    return this.#boards.get(tab) ?? EMPTY_BOARD
  }

  /** Runs that go on and wait on the host, of whomever. */
  get queued(): number {
    return this.#queued
  }

  /** Whether the host has not answered yet whether it takes a run. */
  get isSending(): boolean {
    return this.#pending > 0
  }

  /** How far a run goes that was started here; undefined where it goes to its end. */
  upToOf(run: string | null): UpTo | undefined {
    return run === null ? undefined : this.#own.get(run)?.upTo
  }

  /** @returns the id of the run; undefined where the host refused it, which the person has been told */
  async start(order: Order): Promise<string | undefined> {
    try {
      return await this.send(order)
    } catch (error) {
      this.#fail(order, new Map())
      this.#announce('error', ...wordsOf(error))
      this.#show(this.board)
      return undefined
    }
  }

  /** As `start`, for whoever can do something about it. @throws HostError where the host does not answer */
  async send(order: Order): Promise<string | undefined> {
    this.#pending += 1
    this.#early ??= []
    this.#show(this.board)
    try {
      return await this.#submit(order)
    } finally {
      this.#pending -= 1
      if (this.#pending === 0) {
        const early = this.#early
        this.#early = undefined
        for (const event of early) this.hear(event)
      }
      this.#show(this.board)
    }
  }

  /** Runs a graph again as it was; the board of the graph that is open stays. */
  async repeat(prompt: Prompt, workflow: unknown): Promise<void> {
    const submission = await this.#host.submit({ prompt, workflow })
    if (!submission.ok) throw new HostError(400, submission.refusal.message, { remedy: submission.refusal.remedy })
  }

  async cancel(run: string): Promise<void> {
    try {
      await this.#host.cancel(run)
      await this.#leave(run)
    } catch (error) {
      this.#announce('error', ...wordsOf(error))
    }
  }

  /** Takes everything that waits out of the queue. */
  async clearQueue(): Promise<void> {
    await this.#host.clearQueue()
    await this.#leaveWaiting()
  }

  /** Whoever has emptied the queue. */
  async #leaveWaiting(): Promise<void> {
    for (const { run, state, nodes } of this.#boards.values()) {
      const hasBegun = [...nodes.values()].some((node) => node.state !== 'waiting')
      if (run !== null && state === 'running' && !hasBegun) await this.#leave(run)
    }
  }

  /** A run that only waited leaves the queue without a message. */
  async #leave(run: string): Promise<void> {
    if ((await this.#host.run(run))?.isOver === false) return
    const [origin, board] = this.#underWay(run) ?? []
    if (board !== undefined) this.#set(origin, { ...board, state: 'cancelled', endedAt: Date.now() })
  }

  /**
   * Asks the host for what the socket has not told: after a lost connection runs may have ended and begun without us, after a
   * reload one may still go on. What fails ends nothing of the rest, and is told of once.
   * @param tabs those that are open; the browser remembers runs of many more
   */
  async catchUp(tabs: readonly Origin[]): Promise<void> {
    const failures: unknown[] = []
    const tried = <T>(work: Promise<T>) => work.catch((error: unknown) => void failures.push(error))
    const underWay = [...this.#boards.values()].filter(({ state }) => state === 'running')
    await Promise.all(underWay.map(({ run }) => run !== null && tried(this.#settle(run))))
    const own = (await tried(this.#host.runsUnderWay()))?.find(({ isOwn }) => isOwn)
    // While a submission is under way, the run may be the one that it made.
    if (own !== undefined && this.#early === undefined) this.#adopt(own.id, own.prompt)
    const latest = [...this.#origins.latest].filter(([origin]) => tabs.includes(origin))
    await Promise.all(latest.map(([origin, run]) => tried(this.#recall(origin, run))))
    if (failures.length > 0) this.#announce('error', ...wordsOf(failures[0]))
  }

  /** Takes what the socket brings. */
  hear(event: Heard): void {
    if (this.#early !== undefined) this.#early.push(event)
    else if (event.kind === 'message') this.#hearMessage(event.message)
    else if (event.kind === 'preview') {
      const { prompt_id: run, node_id: node } = event.metadata
      const [origin, board] = this.#underWay(run) ?? []
      if (board !== undefined) this.#set(origin, withPreview(board, node, URL.createObjectURL(event.picture)))
    } else if (event.kind === 'text') {
      const [origin, board] = this.#atWorkOn(event.node) ?? []
      if (board !== undefined) this.#set(origin, withWords(board, event.node, event.text))
    }
  }

  #hearMessage(message: ServerMessage): void {
    if (message.type === 'status') {
      const before = this.#queued
      const { exec_info: info, disk_full: isDiskFull = false } = message.data.status
      this.#queued = info.queue_remaining
      if (isDiskFull && !this.#isDiskFull) this.#announce('error', ...DISK_FULL)
      this.#isDiskFull = isDiskFull
      this.#show(this.board)
      if (this.#queued < before) void this.#leaveWaiting().catch(() => undefined)
    }
    if (message.type === 'execution_start') this.#adopt(message.data.prompt_id)
    for (const [origin, board] of this.#boards) {
      const next = told(board, message, Date.now())
      if (next === board) continue
      this.#set(origin, next)
      if (message.type !== 'execution_error') continue
      const { exception_message: reason, remedy, node_id: node } = message.data
      this.#announce('error', reason.trim(), remedy, aboutRun(origin, node))
    }
  }

  async #submit(order: Order): Promise<string | undefined> {
    const { prompt, origin, upTo, version } = order
    const submission = await this.#host.submit(order)
    if (!submission.ok) {
      const { message, remedy, nodes } = submission.refusal
      this.#fail(order, nodes)
      this.#announce('error', message, remedy, aboutRun(origin, firstOf(nodes)))
      return undefined
    }
    const own = { prompt, origin, upTo, version }
    this.#own.set(submission.id, own)
    this.#origins.keep(submission.id, origin)
    // The one under way is followed to its end; this one is when it starts.
    if (this.boardOf(origin).state !== 'running') this.#begin(submission.id, own)
    if (submission.nodeErrors.size > 0) {
      this.#set(origin, refused(this.boardOf(origin), submission.nodeErrors))
      const [message, remedy] = [
        'A part of the graph cannot run; the rest does.',
        'The nodes with a red frame say why.',
      ]
      this.#announce('warning', message, remedy, aboutRun(origin, firstOf(submission.nodeErrors)))
    }
    return submission.id
  }

  /** Shows on the nodes why they cannot run; a run of their tab that is under way goes on. */
  #fail({ origin, version }: Order, nodes: ReadonlyMap<string, string>): void {
    const board = this.boardOf(origin)
    const { prompt, outputs } = board
    const failed: RunBoard =
      board.state === 'running' ? board : { ...EMPTY_BOARD, state: 'failed', version, prompt, outputs }
    this.#set(origin, refused(failed, nodes))
  }

  /**
   * A run starts: its tab's board is now its board.
   * @param known its graph, where the host has said it
   */
  #adopt(run: string, known: Prompt = {}): void {
    const own = this.#own.get(run) ?? { origin: this.#origins.of(run), prompt: known }
    this.#latest = own.origin
    if (this.boardOf(own.origin).run !== run) this.#begin(run, own)
  }

  #begin(run: string, { origin, prompt, version }: OwnRun): void {
    if (this.board.state !== 'running') this.#latest = origin
    const before = this.boardOf(origin)
    // Of thousands of runs nobody asks any more.
    if (before.run !== null) this.#own.delete(before.run)
    this.#set(origin, boardOfRun(before, run, prompt, Date.now(), version))
  }

  /** A page that was loaded again or out of reach, or a second window, shows what the latest run of each tab has shown. */
  async #recall(origin: Origin, run: string): Promise<void> {
    const board = this.#boards.get(origin)
    if (board !== undefined && (board.state === 'running' || board.run === null || board.run === run)) return
    const found = await this.#host.run(run)
    if (found === undefined || this.#boards.get(origin) !== board) return
    if (found.isOver) {
      // Of its nodes the board of another run says nothing.
      const shown = withPast({ ...(board ?? EMPTY_BOARD), nodes: new Map() }, found)
      const { prompt } = found
      const { version } = this.#own.get(run) ?? {}
      this.#set(origin, { ...shown, prompt, version, ...(board !== undefined && { run, ...endOf(found) }) })
    } else {
      this.#begin(run, this.#own.get(run) ?? { origin, prompt: found.prompt })
      this.#watch(run)
    }
  }

  /** Asks for a run that another window has started, until it has ended. */
  #watch(run: string): void {
    setTimeout(async () => {
      if (this.#underWay(run) === undefined) return
      await this.#settle(run).catch(() => undefined)
      this.#watch(run)
    }, WATCH_PAUSE)
  }

  /** Takes from the host how a run ended, if it has. */
  async #settle(run: string): Promise<void> {
    const found = await this.#host.run(run)
    const [origin, board] = this.#underWay(run) ?? []
    if (board === undefined) return
    if (found?.isOver) {
      this.#set(origin, { ...withPast(board, found), ...endOf(found) })
    } else if (found === undefined) {
      this.#set(origin, { ...board, state: 'failed', endedAt: Date.now() })
      this.#announce('error', 'The host does not know this run any more.', 'Run the graph again.', aboutRun(origin))
    }
  }

  /** The board of a run that goes on or waits. */
  #underWay(run: string): [Origin, RunBoard] | undefined {
    return [...this.#boards].find(([, board]) => board.run === run && board.state === 'running')
  }

  /** The board of the run in which a node is at work; where it is in none, as its result is known, of the one that began last. */
  #atWorkOn(node: string): [Origin, RunBoard] | undefined {
    const open = [...this.#boards].filter(([, { state }]) => state === 'running')
    return (
      open.find(([, { nodes }]) => nodes.get(node)?.state === 'running') ??
      open.find(([origin]) => origin === this.#latest)
    )
  }

  #set(origin: Origin, board: RunBoard): void {
    for (const [id, { preview }] of this.boardOf(origin).nodes) {
      if (preview === undefined || board.nodes.get(id)?.preview === preview) continue
      // The canvas may be reading it.
      setTimeout(() => URL.revokeObjectURL(preview), 1000)
    }
    this.#boards.set(origin, board)
    this.#show(board)
  }
}

function aboutRun(tab: Origin, node?: string | null): About | undefined {
  return tab === undefined ? undefined : { tab, node: node ?? undefined }
}

function firstOf(nodes: ReadonlyMap<string, string>): string | undefined {
  return nodes.keys().next().value
}

/** What the host remembers of a run that is over. */
function withPast(board: RunBoard, { outputs, times, warnings }: PastRun): RunBoard {
  return withWarnings(withTimes(withOutputs(board, outputs), times), warnings)
}

function endOf({ succeeded }: PastRun): Pick<RunBoard, 'state' | 'endedAt'> {
  return { state: succeeded ? 'done' : 'failed', endedAt: Date.now() }
}

/** Message and remedy of an error; ours carry both. */
export function wordsOf(error: unknown): [message: string, remedy: string] {
  const message = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof Error && 'remedy' in error && typeof error.remedy === 'string' ? error.remedy : ''
  return error instanceof HostError ? [error.message, error.remedy] : [message, remedy]
}
