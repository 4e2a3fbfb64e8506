import type { z } from 'zod'
import type { Prompt } from '../../server/graph/prompt.ts'
import type { nodeOutputSchema, ServerMessage } from '../../server/protocol/messages.ts'

/** What a node shows of the latest run. */
export interface NodeStatus {
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly value: number
  readonly max: number
  readonly startedAt?: number
  /** How long it took, in milliseconds. */
  readonly took?: number
  readonly error?: string
  /** An object URL of the picture so far. */
  readonly preview?: string
  /** What it said of its work, line by line. */
  readonly said?: readonly string[]
  /** What of that a person must know who only looks at the result. */
  readonly warnings?: readonly string[]
}

export type NodeOutput = z.infer<typeof nodeOutputSchema>

export type RunState = 'idle' | 'running' | 'done' | 'failed' | 'cancelled'

/** The latest run: which it is, how far it is, what each node shows. */
export interface RunBoard {
  readonly run: string | null
  /** The graph that it is of, as the host has it, whatever became of that since; empty where it is not known. */
  readonly prompt: Prompt
  /** Which version of its document that is; undefined where it was not ordered from this page. */
  readonly version: number | undefined
  readonly state: RunState
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** How many nodes take part; 0 where that is not known. */
  readonly total: number
  readonly nodes: ReadonlyMap<string, NodeStatus>
  /** Results stay until newer ones replace them. */
  readonly outputs: ReadonlyMap<string, NodeOutput>
}

export const EMPTY_BOARD: RunBoard = {
  run: null,
  prompt: {},
  version: undefined,
  state: 'idle',
  startedAt: null,
  endedAt: null,
  total: 0,
  nodes: new Map(),
  outputs: new Map(),
}

/** What a node warned of, as the host remembers it. */
export interface Warning {
  readonly node: string
  readonly text: string
}

/** Lines that a node may say: more nobody reads. */
const MOST_SAID = 20

const WAITING: NodeStatus = { state: 'waiting', value: 0, max: 0 }
const DONE: NodeStatus = { state: 'done', value: 1, max: 1 }

/** A run was accepted. @param version of the document, where it was ordered here */
export function boardOfRun(board: RunBoard, run: string, prompt: Prompt, now: number, version?: number): RunBoard {
  const ids = Object.keys(prompt)
  return {
    ...board,
    run,
    prompt,
    version,
    state: 'running',
    startedAt: now,
    endedAt: null,
    total: ids.length,
    nodes: new Map(ids.map((id) => [id, WAITING])),
  }
}

/** The board after one message; `now` in milliseconds. What is said of other runs leaves it the same. */
export function told(board: RunBoard, message: ServerMessage, now: number): RunBoard {
  if (!('data' in message) || !('prompt_id' in message.data) || message.data.prompt_id !== board.run) return board
  switch (message.type) {
    case 'execution_start':
      return { ...board, startedAt: now }
    case 'execution_cached':
      return withNodes(board, message.data.nodes, DONE)
    case 'executing':
      return message.data.node === null ? board : starts(board, message.data.node, now)
    case 'progress':
      return withNode(board, message.data.node, { value: message.data.value, max: message.data.max })
    case 'progress_state':
      return Object.values(message.data.nodes).reduce((result, { node_id, state, value, max }) => {
        if (state === 'running') return withNode(starts(result, node_id, now), node_id, { value, max })
        return state === 'finished' ? ends(result, node_id, now) : result
      }, board)
    case 'executed':
      return withOutput(ends(board, message.data.node, now), message.data.node, message.data.output)
    case 'execution_warning':
      return withWarning(board, message.data.node_id, message.data.text)
    case 'execution_success':
      return { ...board, state: 'done', endedAt: now }
    case 'execution_interrupted':
      return { ...stopAll(board), state: 'cancelled', endedAt: now }
    case 'execution_error': {
      const { node_id, exception_message, remedy } = message.data
      const stopped: RunBoard = { ...stopAll(board), state: 'failed', endedAt: now }
      if (node_id === null) return stopped
      return withNode(stopped, node_id, { state: 'failed', error: `${exception_message.trim()}\n${remedy}`.trim() })
    }
    default:
      return board
  }
}

/** Nodes that the host refused, with the reason. */
export function refused(board: RunBoard, errors: ReadonlyMap<string, string>): RunBoard {
  return [...errors].reduce((result, [id, error]) => withNode(result, id, { state: 'failed', error }), board)
}

export function withPreview(board: RunBoard, node: string, preview: string): RunBoard {
  return withNode(board, node, { preview })
}

/** A node of the run says something of its work; what it says again, as for each of a list, is kept once. */
export function withWords(board: RunBoard, node: string, text: string): RunBoard {
  const status = board.nodes.get(node)
  return status === undefined ? board : withNode(board, node, { said: withLines(status.said, text) })
}

function withWarning(board: RunBoard, node: string, text: string): RunBoard {
  const { said, warnings } = board.nodes.get(node) ?? WAITING
  return withNode(board, node, { said: withLines(said, text), warnings: withLines(warnings, text) })
}

function withLines(before: readonly string[] = [], text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return [...new Set([...before, ...lines])].filter((line) => line !== '').slice(0, MOST_SAID)
}

function withOutput(board: RunBoard, node: string, output: NodeOutput | null): RunBoard {
  return output === null ? board : { ...board, outputs: new Map(board.outputs).set(node, output) }
}

export function withOutputs(board: RunBoard, outputs: ReadonlyMap<string, NodeOutput>): RunBoard {
  return { ...board, outputs: new Map([...board.outputs, ...outputs]) }
}

/** How long nodes took, as the host remembers it, in milliseconds. */
export function withTimes(board: RunBoard, times: ReadonlyMap<string, number>): RunBoard {
  const nodes = new Map(board.nodes)
  for (const [id, took] of times) nodes.set(id, { ...(nodes.get(id) ?? WAITING), ...DONE, took })
  return { ...board, nodes }
}

/** What nodes warned of, which have been done for that. */
export function withWarnings(board: RunBoard, warnings: readonly Warning[]): RunBoard {
  const done = withNodes(
    board,
    warnings.map(({ node }) => node),
    DONE,
  )
  return warnings.reduce((result, { node, text }) => withWarning(result, node, text), done)
}

/** Milliseconds until a node is done, judged by how fast it came this far; undefined where it does not say how far. */
export function timeLeft({ state, value, max, startedAt }: NodeStatus, now: number): number | undefined {
  if (state !== 'running' || startedAt === undefined || max <= 1 || value <= 0 || value > max) return undefined
  return ((now - startedAt) / value) * (max - value)
}

/** The part of the run that is done, 0..1. */
export function progressOf(board: RunBoard): number {
  if (board.state === 'done') return 1
  if (board.total === 0) return 0
  let done = 0
  for (const { state, value, max } of board.nodes.values()) {
    done += state === 'done' ? 1 : state === 'running' && max > 0 ? Math.min(1, value / max) : 0
  }
  return done / board.total
}

function starts(board: RunBoard, id: string, now: number): RunBoard {
  const node = board.nodes.get(id)
  if (node?.state === 'running') return board
  return withNode(board, id, { state: 'running', startedAt: now, value: 0, max: 0 })
}

function ends(board: RunBoard, id: string, now: number): RunBoard {
  const node = board.nodes.get(id)
  if (node?.state === 'done' || node?.state === 'failed') return board
  const took = node?.startedAt === undefined ? {} : { took: now - node.startedAt }
  return withNode(board, id, { ...DONE, ...took })
}

function stopAll(board: RunBoard): RunBoard {
  const running = [...board.nodes].filter(([, { state }]) => state === 'running').map(([id]) => id)
  return withNodes(board, running, { state: 'waiting', value: 0, max: 0 })
}

function withNodes(board: RunBoard, ids: readonly string[], fields: Partial<NodeStatus>): RunBoard {
  const nodes = new Map(board.nodes)
  for (const id of ids) nodes.set(id, { ...(nodes.get(id) ?? WAITING), ...fields })
  return { ...board, nodes }
}

function withNode(board: RunBoard, id: string, fields: Partial<NodeStatus>): RunBoard {
  return withNodes(board, [id], fields)
}
