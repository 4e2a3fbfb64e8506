import type { NodeUi } from '../../nodes/sdk/node.ts'
import type { Prompt } from '../graph/prompt.ts'
import type { RunEvent } from '../protocol/events.ts'
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
  readonly #outputs: Record<string, NodeUi> = {}
  readonly #meta: Record<string, NodeMeta> = {}
  readonly #messages: (readonly [ExecutionMessage['type'], ExecutionMessage['data']])[] = []
  readonly #places = new Places()
  #succeeded = false

  constructor(prompt: Prompt) {
    this.#prompt = prompt
  }

  add(event: RunEvent): void {
    this.#places.add(event)
    const message = executionMessage(event, this.#prompt)
    if (message !== undefined) this.#messages.push([message.type, message.data])
    if (event.type === 'succeeded') this.#succeeded = true
    if (event.type === 'node_finished' && event.ui !== null) {
      const { node } = event
      this.#outputs[node] = event.ui
      const { display, parent } = this.#places.of(node)
      this.#meta[node] = { node_id: node, display_node: display, parent_node: parent, real_node_id: display }
    }
  }

  record(): RunRecord {
    return {
      outputs: this.#outputs,
      status: {
        status_str: this.#succeeded ? 'success' : 'error',
        completed: this.#succeeded,
        messages: this.#messages,
      },
      meta: this.#meta,
    }
  }
}
