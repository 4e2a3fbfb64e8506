import type { Connection } from './connection.ts'
import { RunError } from './errors.ts'
import { type EventOptions, runEvents } from './events.ts'
import { persist } from './patience.ts'
import type { FileReference, NodeError, Result, RunEvent, WholeJob } from './types.ts'
import { Watch } from './watch.ts'

export interface ResultOptions extends EventOptions {
  /** Hears the messages of the run until its end. */
  readonly onEvent?: (event: RunEvent) => void
}

/** A run that the host has accepted: it goes on whatever becomes of this client. */
export class Run {
  readonly id: string
  /** What is wrong with parts of the graph that will not run. */
  readonly nodeErrors: Readonly<Record<string, NodeError>>
  readonly #connection: Connection

  constructor(connection: Connection, id: string, nodeErrors: Run['nodeErrors'] = {}) {
    this.#connection = connection
    this.id = id
    this.nodeErrors = nodeErrors
  }

  /** Its messages to the end, each once, whatever happens to the connection. */
  events(options: EventOptions = {}): AsyncGenerator<RunEvent> {
    return runEvents(this.#connection, this.id, options)
  }

  /**
   * Waits for its end, whatever happens to the connection.
   * @throws RunError when it failed or was cancelled; HostError when the host cannot be asked, or has forgotten it
   */
  async result(options: ResultOptions = {}): Promise<Result> {
    for await (const event of this.events(options)) options.onEvent?.(event)
    const job = await persist(() => {
      const watch = new Watch(options.signal)
      return watch.over(this.state(watch.signal))
    }, options)
    const result = resultOf(job)
    if (job.status === 'completed') return result
    if (job.status === 'cancelled') throw new RunError(result, 'The run was cancelled.')
    const { exception_message: message = 'The run failed.', node_id: node, code, remedy } = job.execution_error ?? {}
    throw new RunError(result, String(message).trim(), {
      node: typeof node === 'string' ? node : null,
      code: String(code ?? ''),
      remedy: String(remedy ?? ''),
    })
  }

  /** What is known of it now. @throws HostError with status 404 when the host has forgotten it */
  state(signal?: AbortSignal): Promise<WholeJob> {
    return this.#connection.json(`/api/jobs/${encodeURIComponent(this.id)}`, signal === undefined ? {} : { signal })
  }

  /** Takes it out of the queue, or stops it. @returns whether there was anything to cancel */
  async cancel(): Promise<boolean> {
    const path = `/api/jobs/${encodeURIComponent(this.id)}/cancel`
    const { cancelled } = await this.#connection.post<{ cancelled: boolean }>(path, {})
    return cancelled
  }
}

/** Pictures in the order of POST /api/runs: those that were saved come before those that are only shown. */
function resultOf({ id, status, outputs, times }: WholeJob): Result {
  const images = Object.entries(outputs).flatMap(([node, { images = [], a_images = [], b_images = [] }]) =>
    [...images, ...a_images, ...b_images].map((image) => ({ ...image, node })),
  )
  const isSaved = ({ type }: FileReference) => type === 'output'
  return {
    id,
    status,
    outputs,
    images: [...images.filter(isSaved), ...images.filter((image) => !isSaved(image))],
    times,
  }
}
