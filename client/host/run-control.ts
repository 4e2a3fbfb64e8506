import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import type { Graph } from '../document/graph.ts'
import { writePrompt, writeWorkflow } from '../document/write-workflow.ts'
import { type Host, HostError } from './host.ts'
import {
  boardOfRun,
  EMPTY_BOARD,
  type RunBoard,
  refused,
  told,
  withOutput,
  withoutNodes,
  withPreview,
  withTimes,
} from './run-board.ts'
import type { SocketEvent } from './socket.ts'

/** What a run has to say to the person in front of it. */
export type Announce = (tone: 'error' | 'warning' | 'good', message: string, remedy?: string) => void

/** What is run: a graph as the host takes it, with the file that results will carry. */
export interface Order {
  readonly prompt: Prompt
  readonly workflow: unknown
  /** Output nodes to run; all of them by default. */
  readonly targets?: readonly string[]
  /** The tab that it is of. */
  readonly origin?: string
  readonly upTo?: UpTo
}

/** The node that a run goes up to, and the node of the run that shows its picture. */
export interface UpTo {
  readonly node: string
  readonly shown: string
}

/** The graph as it is now, to be run as a whole. */
export function orderOf(graph: Graph, types: Catalogue): Order {
  return { prompt: writePrompt(graph, types), workflow: writeWorkflow(graph, types) }
}

interface OwnRun {
  readonly nodes: readonly string[]
  /** Which of the graphs that were opened one after the other it belongs to. */
  readonly opening: number
  readonly origin: string | undefined
  readonly upTo: UpTo | undefined
}

const LAST_RUN = 'gendr.run'
/** A run of another tab tells this one nothing, so the host is asked. */
const WATCH_PAUSE = 1500

/** Starts and stops runs, and keeps the board of the one under way, or of the latest one. */
export class RunControl {
  readonly #host: Host
  readonly #announce: Announce
  readonly #show: (board: RunBoard) => void
  readonly #storage: Storage
  readonly #own = new Map<string, OwnRun>()
  #board: RunBoard = EMPTY_BOARD
  /** Messages that arrived while the host's answer to POST /prompt was under way. */
  #early: SocketEvent[] | undefined
  #pending = 0
  #opening = 0

  constructor(host: Host, announce: Announce, show: (board: RunBoard) => void, storage: Storage) {
    this.#host = host
    this.#announce = announce
    this.#show = show
    this.#storage = storage
  }

  get board(): RunBoard {
    return this.#board
  }

  /** The tab that a run was started from; undefined where that is not known. */
  originOf(run: string | null): string | undefined {
    return run === null ? undefined : this.#own.get(run)?.origin
  }

  /** How far a run goes that was started here; undefined where it goes to its end. */
  upToOf(run: string | null): UpTo | undefined {
    return run === null ? undefined : this.#own.get(run)?.upTo
  }

  /** @returns the id of the run; undefined where the host refused it, which the person has been told */
  async start(order: Order): Promise<string | undefined> {
    this.#pending += 1
    this.#early ??= []
    try {
      return await this.#submit(order)
    } catch (error) {
      this.#fail(new Map())
      this.#announce('error', ...wordsOf(error))
      return undefined
    } finally {
      this.#pending -= 1
      if (this.#pending === 0) {
        const early = this.#early
        this.#early = undefined
        for (const event of early) this.hear(event)
      }
    }
  }

  /** Runs a graph again as it was; the board stays with the graph that is open. */
  async repeat(prompt: Prompt, workflow: unknown): Promise<void> {
    const submission = await this.#host.submit({ prompt, workflow })
    if (!submission.ok) throw new HostError(400, submission.refusal.message, { remedy: submission.refusal.remedy })
  }

  /** Another graph was opened. */
  forget(): void {
    this.#opening += 1
    this.#set(withoutNodes(this.#board))
  }

  async cancel(): Promise<void> {
    const { run, state } = this.#board
    if (state !== 'running' || run === null) return
    try {
      await this.#host.cancel(run)
      // A run that only waited leaves without a message.
      if (!(await this.#host.isQueued(run)) && this.#board.run === run && this.#board.state === 'running') {
        this.#set({ ...this.#board, state: 'cancelled', endedAt: Date.now() })
      }
    } catch (error) {
      this.#announce('error', ...wordsOf(error))
    }
  }

  /** Takes what the socket brings. */
  hear(event: SocketEvent): void {
    if (this.#early !== undefined && event.kind !== 'connected') {
      this.#early.push(event)
    } else if (event.kind === 'message') {
      if (event.message.type === 'execution_start') this.#adopt(event.message.data.prompt_id)
      this.#set(told(this.#board, event.message, Date.now()))
      if (event.message.type === 'execution_error' && event.message.data.prompt_id === this.#board.run) {
        this.#announce('error', event.message.data.exception_message.trim(), event.message.data.remedy)
      }
    } else if (event.kind === 'preview' && event.metadata.prompt_id === this.#board.run) {
      const previous = this.#board.nodes.get(event.metadata.node_id)?.preview
      this.#set(withPreview(this.#board, event.metadata.node_id, URL.createObjectURL(event.picture)))
      if (previous !== undefined) setTimeout(() => URL.revokeObjectURL(previous), 1000)
    } else if (event.kind === 'connected') {
      void this.#catchUp()
    }
  }

  async #submit(order: Order): Promise<string | undefined> {
    const submission = await this.#host.submit(order)
    if (!submission.ok) {
      const { message, remedy, nodes } = submission.refusal
      this.#fail(nodes)
      this.#announce('error', message, remedy)
      return undefined
    }
    const nodes = Object.keys(order.prompt)
    this.#own.set(submission.id, { nodes, opening: this.#opening, origin: order.origin, upTo: order.upTo })
    this.#storage.setItem(LAST_RUN, submission.id)
    // The one under way is followed to its end; this one is when it starts.
    if (this.#board.state !== 'running' || this.#board.isForeign) {
      this.#set(boardOfRun(this.#board, submission.id, nodes, Date.now()))
    }
    if (submission.nodeErrors.size > 0) {
      this.#set(refused(this.#board, submission.nodeErrors))
      this.#announce('warning', 'A part of the graph cannot run; the rest does.', 'The nodes with a red frame say why.')
    }
    return submission.id
  }

  /** Shows on the nodes why they cannot run; a run under way goes on. */
  #fail(nodes: ReadonlyMap<string, string>): void {
    const isRunning = this.#board.state === 'running' && !this.#board.isForeign
    const board: RunBoard = isRunning
      ? this.#board
      : { ...this.#board, state: 'failed', nodes: new Map(), isForeign: false }
    this.#set(refused(board, nodes))
  }

  /** A run of this tab starts: the board is now its board. */
  #adopt(run: string): void {
    const own = this.#own.get(run)
    if (own === undefined || this.#board.run === run) return
    const board = boardOfRun(this.#board, run, own.nodes, Date.now())
    this.#set(own.opening === this.#opening ? board : withoutNodes(board))
  }

  /** After a lost connection the run may have ended without us; after a reload one may still go on. */
  async #catchUp(): Promise<void> {
    const { run, state } = this.#board
    try {
      if (run === null) await this.#recall()
      else if (state === 'running') await this.#settle(run)
    } catch (error) {
      this.#announce('error', ...wordsOf(error))
    }
  }

  /** A page that was loaded again, or a second tab, shows what the latest run has shown. */
  async #recall(): Promise<void> {
    const own = await this.#host.ownRun()
    if (own !== undefined) {
      if (this.#board.run === null) this.#set(boardOfRun(this.#board, own.id, own.nodes, Date.now()))
      return
    }
    const last = this.#storage.getItem(LAST_RUN)
    if (last === null || this.#board.run !== null) return
    const past = await this.#host.pastRun(last)
    if (past !== undefined) {
      const shown = [...past.outputs].reduce((board, [node, output]) => withOutput(board, node, output), this.#board)
      this.#set(withTimes(shown, past.times))
      return
    }
    const other = (await this.#host.queue()).find(({ id }) => id === last)
    if (other === undefined || this.#board.run !== null) return
    this.#set(boardOfRun(this.#board, last, other.nodes, Date.now()))
    this.#watch(last)
  }

  /** Asks for a run that another tab has started, until it has ended. */
  #watch(run: string): void {
    setTimeout(async () => {
      if (this.#board.run !== run || this.#board.state !== 'running') return
      await this.#settle(run).catch(() => undefined)
      this.#watch(run)
    }, WATCH_PAUSE)
  }

  /** Takes from the host how a run ended, if it has. */
  async #settle(run: string): Promise<void> {
    const past = await this.#host.pastRun(run)
    if (this.#board.run !== run || this.#board.state !== 'running') return
    if (past !== undefined) {
      const shown = [...past.outputs].reduce((board, [node, output]) => withOutput(board, node, output), this.#board)
      const state = past.succeeded ? 'done' : 'failed'
      this.#set(withTimes({ ...shown, state, endedAt: Date.now() }, past.times))
    } else if (!(await this.#host.isQueued(run))) {
      this.#set({ ...this.#board, state: 'failed', endedAt: Date.now() })
      this.#announce('error', 'The host does not know this run any more.', 'Run the graph again.')
    }
  }

  #set(board: RunBoard): void {
    this.#board = board
    this.#show(board)
  }
}

/** Message and remedy of an error; ours carry both. */
export function wordsOf(error: unknown): [message: string, remedy: string] {
  const message = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof Error && 'remedy' in error && typeof error.remedy === 'string' ? error.remedy : ''
  return error instanceof HostError ? [error.message, error.remedy] : [message, remedy]
}
