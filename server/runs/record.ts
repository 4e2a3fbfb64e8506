import type { NodeUi } from '../../nodes/sdk/node.ts'
import type { Prompt } from '../graph/prompt.ts'
import type { RunEvent, WrittenFile } from '../protocol/events.ts'
import { executionMessage } from '../protocol/execution.ts'
import type { ExecutionMessage } from '../protocol/messages.ts'
import { Places } from '../protocol/places.ts'

/** What the history keeps of a run besides its prompt (ComfyUI execution.py, PromptQueue.task_done). */
export interface RunRecord {
  readonly outputs: Readonly<Record<string, NodeUi>>
  readonly status: {
    readonly status_str: 'success' | 'error'
    readonly completed: boolean
    readonly messages: readonly (readonly [ExecutionMessage['type'], ExecutionMessage['data']])[]
  }
  readonly meta: Readonly<Record<string, NodeMeta>>
  /** Ours: milliseconds that each node took; those that were cached are not in it. */
  readonly node_times?: Readonly<Record<string, number>>
}

interface NodeMeta {
  readonly node_id: string
  readonly display_node: string
  readonly parent_node: string | null
  readonly real_node_id: string
}

/** Gathers the record of one run from its events. */
export class RunRecorder {
  readonly #prompt: Prompt
  #outputs = new Map<string, NodeUi>()
  #meta = new Map<string, NodeMeta>()
  #messages: (readonly [ExecutionMessage['type'], ExecutionMessage['data']])[] = []
  #files: WrittenFile[] = []
  #startedAt = new Map<string, number>()
  #times = new Map<string, number>()
  readonly #places = new Places()
  #succeeded = false

  constructor(prompt: Prompt) {
    this.#prompt = prompt
  }

  add(event: RunEvent): void {
    this.#places.add(event)
    if (event.type === 'started') this.#forget()
    if (event.type === 'file_written') this.#files.push(event.file)
    if (event.type === 'node_started') this.#startedAt.set(event.node, event.time)
    if (event.type === 'node_finished' && !event.cached) {
      const start = this.#startedAt.get(event.node)
      if (start !== undefined) this.#times.set(event.node, Math.max(0, event.time - start))
    }
    const message = executionMessage(event, this.#prompt)
    if (message !== undefined) this.#messages.push([message.type, message.data])
    if (event.type === 'succeeded') this.#succeeded = true
    if (event.type === 'node_finished' && event.ui !== null) {
      const { node } = event
      this.#outputs.set(node, event.ui)
      const { display, parent } = this.#places.of(node)
      this.#meta.set(node, { node_id: node, display_node: display, parent_node: parent, real_node_id: display })
    }
  }

  record(): RunRecord {
    return {
      outputs: Object.fromEntries(this.#outputs),
      status: {
        status_str: this.#succeeded ? 'success' : 'error',
        completed: this.#succeeded,
        messages: this.#messages,
      },
      meta: Object.fromEntries(this.#meta),
      node_times: Object.fromEntries(this.#times),
    }
  }

  get files(): readonly WrittenFile[] {
    return this.#files
  }

  /** How long nodes took, by class. */
  timesByClass(): ReadonlyMap<string, readonly number[]> {
    const times = new Map<string, number[]>()
    for (const [node, time] of this.#times) {
      const type = this.#prompt[node]?.class_type
      if (type === undefined) continue
      const all = times.get(type)
      if (all === undefined) times.set(type, [time])
      else all.push(time)
    }
    return times
  }

  /** A run that starts again, because its process died, has not yet done anything. */
  #forget(): void {
    this.#outputs = new Map()
    this.#meta = new Map()
    this.#messages = []
    this.#files = []
    this.#startedAt = new Map()
    this.#times = new Map()
    this.#succeeded = false
  }
}
