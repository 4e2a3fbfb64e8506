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
} from './run-board.ts'
import type { SocketEvent } from './socket.ts'

/** What a run has to say to the person in front of it. */
export type Announce = (tone: 'error' | 'warning' | 'good', message: string, remedy?: string) => void

/** Starts and stops runs, and keeps the board of the latest one. */
export class RunControl {
  readonly #host: Host
  readonly #announce: Announce
  readonly #show: (board: RunBoard) => void
  #board: RunBoard = EMPTY_BOARD
  /** Messages that arrived while the host's answer to POST /prompt was under way. */
  #early: SocketEvent[] | undefined

  constructor(host: Host, announce: Announce, show: (board: RunBoard) => void) {
    this.#host = host
    this.#announce = announce
    this.#show = show
  }

  get board(): RunBoard {
    return this.#board
  }

  async start(graph: Graph, types: Catalogue): Promise<void> {
    if (this.#early !== undefined) return
    this.#early = []
    try {
      const prompt = writePrompt(graph, types)
      const submission = await this.#host.submit(prompt, writeWorkflow(graph, types))
      if (submission.ok) {
        this.#set(boardOfRun(this.#board, submission.id, Object.keys(prompt), Date.now()))
        if (submission.nodeErrors.size > 0) {
          this.#set(refused(this.#board, submission.nodeErrors))
          this.#announce(
            'warning',
            'A part of the graph cannot run; the rest does.',
            'The nodes with a red frame say why.',
          )
        }
      } else {
        const { message, remedy, nodes } = submission.refusal
        this.#set(refused({ ...this.#board, state: 'failed', nodes: new Map(), isForeign: false }, nodes))
        this.#announce('error', message, remedy)
      }
    } catch (error) {
      this.#set({ ...this.#board, state: 'failed' })
      this.#announce('error', ...wordsOf(error))
    } finally {
      const early = this.#early
      this.#early = undefined
      for (const event of early) this.hear(event)
    }
  }

  /** Runs a graph again as it was; the board stays with the graph that is open. */
  async repeat(prompt: Prompt, workflow: unknown): Promise<void> {
    const submission = await this.#host.submit(prompt, workflow)
    if (!submission.ok) throw new HostError(400, submission.refusal.message, { remedy: submission.refusal.remedy })
  }

  /** Another graph was opened. */
  forget(): void {
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

  /** After a lost connection the run may have ended without us; after a reload one may still go on. */
  async #catchUp(): Promise<void> {
    const { run, state } = this.#board
    try {
      if (run === null) {
        const own = await this.#host.ownRun()
        if (own !== undefined && this.#board.run === null) {
          this.#set(boardOfRun(this.#board, own.id, own.nodes, Date.now()))
        }
      }
      if (run === null || state !== 'running') return
      const past = await this.#host.pastRun(run)
      if (this.#board.run !== run || this.#board.state !== 'running') return
      if (past !== undefined) {
        const shown = [...past.outputs].reduce((board, [node, output]) => withOutput(board, node, output), this.#board)
        this.#set({ ...shown, state: past.succeeded ? 'done' : 'failed', endedAt: Date.now() })
      } else if (!(await this.#host.isQueued(run))) {
        this.#set({ ...this.#board, state: 'failed', endedAt: Date.now() })
        this.#announce('error', 'The host does not know this run any more.', 'Run the graph again.')
      }
    } catch (error) {
      this.#announce('error', ...wordsOf(error))
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
