import type { RunEvent } from '../protocol/events.ts'
import { executionMessage } from '../protocol/execution.ts'
import type { Frame } from '../protocol/frames.ts'
import type { NodeProgress, ServerMessage } from '../protocol/messages.ts'
import { Places } from '../protocol/places.ts'
import type { ActiveRun } from '../runs/run.ts'

/** Which node is at work. */
type Executing = Extract<ServerMessage, { type: 'executing' }>['data']

/** What goes to the client of a run, in order. */
export type Telling =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'frame'; readonly frame: Frame; readonly of: Executing }

/**
 * ComfyUI repeats all nodes in each `progress_state`, so its traffic grows with the square of the graph. Up to this
 * size we do as it does; larger graphs get only what has changed, less often.
 */
const SMALL_GRAPH = 32
const SMALL_PAUSE = 50
const LARGE_PAUSE = 200

/** Tells one run in ComfyUI's messages (execution.py, progress.py). Pure: its clock is the events' own time. */
export class Narrator {
  /** The node that ran last, for a client that reconnects. */
  lastNode: string | null = null
  readonly #run: ActiveRun
  readonly #nodes: number
  readonly #places = new Places()
  readonly #states = new Map<string, NodeProgress>()
  readonly #changed = new Set<string>()
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(run: ActiveRun) {
    this.#run = run
    this.#nodes = Object.keys(run.prompt).length
  }

  tell(event: RunEvent): Telling[] {
    this.#places.add(event)
    switch (event.type) {
      case 'node_started':
        this.lastNode = event.node
        this.#set(event.node, 0, 1, 'running')
        return [...this.#state(event.time, true), message({ type: 'executing', data: this.#executing(event.node) })]
      case 'node_progress': {
        const { node, value, max } = event
        this.#set(node, value, max, 'running')
        return [
          ...this.#state(event.time, false),
          message({ type: 'progress', data: { value, max, prompt_id: this.#run.id, node } }),
        ]
      }
      case 'node_preview':
        return [this.#preview(event.node, event.format, event.bytes)]
      case 'node_text': {
        const told = executionMessage(event, this.#run.prompt)
        const frame = this.#frame(event.node, { type: 'text', node: event.node, text: event.text })
        return told === undefined ? [frame] : [frame, message(told)]
      }
      case 'node_finished':
        return this.#finished(event)
      case 'node_blocked':
        return [message(this.#blocked(event))]
      case 'result_image': {
        const { node, index, filename, format, bytes } = event
        const metadata = { prompt_id: this.#run.id, node_id: node, index, filename, format }
        return [this.#frame(node, { type: 'result', metadata, bytes })]
      }
      default: {
        const told = executionMessage(event, this.#run.prompt)
        const rest = event.type === 'succeeded' && this.#changed.size > 0 ? this.#stateMessage(event.time) : []
        return told === undefined ? rest : [...rest, message(told)]
      }
    }
  }

  /** After the run has left the queue: what `comfy-ui-client` takes for its end. */
  end(): ServerMessage {
    return { type: 'executing', data: { node: null, prompt_id: this.#run.id } }
  }

  #finished(event: Extract<RunEvent, { type: 'node_finished' }>): Telling[] {
    const { node, ui, cached } = event
    const max = this.#states.get(node)?.max ?? 1
    this.#set(node, max, max, 'finished')
    if (ui === null && !cached) return this.#state(event.time, true)
    // A node that another one's result answered is told of too, with nothing to show.
    const output = ui === null ? null : { ...ui }
    return [
      message({
        type: 'executed',
        data: { node, display_node: this.#displayOf(node), output, prompt_id: this.#run.id },
      }),
      ...this.#state(event.time, true),
    ]
  }

  /** As ComfyUI tells it: an error that is not the run's, so that it is not in the history either. */
  #blocked({
    node,
    nodeType,
    message: said,
    executed,
    time,
  }: Extract<RunEvent, { type: 'node_blocked' }>): ServerMessage {
    return {
      type: 'execution_error',
      data: {
        prompt_id: this.#run.id,
        node_id: node,
        node_type: nodeType,
        executed,
        exception_message: `Execution Blocked: ${said}`,
        exception_type: 'ExecutionBlocked',
        traceback: [],
        current_inputs: {},
        current_outputs: [],
        timestamp: time,
        code: 'blocked',
        remedy: 'The rest of the graph runs on.',
      },
    }
  }

  #preview(node: string, format: 'image/jpeg' | 'image/png', bytes: Uint8Array): Telling {
    const metadata = {
      node_id: node,
      prompt_id: this.#run.id,
      ...this.#placeOf(node),
      image_type: format,
    }
    return this.#frame(node, { type: 'previewWithMetadata', metadata, bytes })
  }

  #frame(node: string, frame: Frame): Telling {
    return { kind: 'frame', frame, of: this.#executing(node) }
  }

  #executing(node: string): Executing {
    return { node, display_node: this.#displayOf(node), prompt_id: this.#run.id }
  }

  #set(node: string, value: number, max: number, state: NodeProgress['state']): void {
    this.#changed.add(node)
    this.#states.set(node, {
      value,
      max,
      state,
      node_id: node,
      prompt_id: this.#run.id,
      ...this.#placeOf(node),
    })
  }

  #placeOf(node: string) {
    const { display, parent } = this.#places.of(node)
    return { display_node_id: display, parent_node_id: parent, real_node_id: display }
  }

  #displayOf(node: string): string {
    return this.#places.of(node).display
  }

  get #isSmall(): boolean {
    return this.#nodes <= SMALL_GRAPH && this.#states.size <= SMALL_GRAPH
  }

  /** `progress_state`, unless it was told just before; a small graph's starts and ends are always told. */
  #state(time: number, isEdge: boolean): Telling[] {
    const pause = this.#isSmall ? (isEdge ? 0 : SMALL_PAUSE) : LARGE_PAUSE
    // A clock that was set back has told nothing in what is its future.
    const isRecent = this.#toldAt <= time && time < this.#toldAt + pause
    return isRecent ? [] : this.#stateMessage(time)
  }

  #stateMessage(time: number): Telling[] {
    this.#toldAt = time
    const told = this.#isSmall ? this.#states.keys() : this.#changed
    const nodes = Object.fromEntries(Array.from(told, (node) => [node, this.#states.get(node)!]))
    this.#changed.clear()
    return [message({ type: 'progress_state', data: { prompt_id: this.#run.id, nodes } })]
  }
}

function message(content: ServerMessage): Telling {
  return { kind: 'message', message: content }
}
