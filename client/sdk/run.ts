import type { Connection } from './connection.ts'
import { HostError, RunError } from './errors.ts'
import { type EventOptions, runEvents } from './events.ts'
import type { NodeError, Result, RunEvent, WholeJob } from './types.ts'

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
   * Waits for its end.
   * @param onEvent hears its messages until then
   * @throws RunError when it failed or was cancelled; HostError when the host cannot be asked
   */
  async result(options: EventOptions & { readonly onEvent?: (event: RunEvent) => void } = {}): Promise<Result> {
    try {
      for await (const event of this.events(options)) options.onEvent?.(event)
    } catch (error) {
      if (error instanceof HostError && error.status === 404) throw new RunError(gone(this.id), TAKEN_OUT)
      throw error
    }
    const job = await this.state()
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

  /** What is known of it now. @throws HostError with status 404 when it was taken out of the queue or forgotten */
  state(): Promise<WholeJob> {
    return this.#connection.json(`/api/jobs/${encodeURIComponent(this.id)}`)
  }

  /** Takes it out of the queue, or stops it. @returns whether there was anything to cancel */
  async cancel(): Promise<boolean> {
    const path = `/api/jobs/${encodeURIComponent(this.id)}/cancel`
    const { cancelled } = await this.#connection.post<{ cancelled: boolean }>(path, {})
    return cancelled
  }
}

const TAKEN_OUT = 'The run was taken out of the queue, or forgotten.'

function gone(id: string): Result {
  return { id, status: 'cancelled', outputs: {}, images: [], times: { queued: null, run: null, nodes: {} } }
}

function resultOf({ id, status, outputs, times }: WholeJob): Result {
  const images = Object.entries(outputs).flatMap(([node, output]) =>
    (output.images ?? []).map((image) => ({ ...image, node })),
  )
  return { id, status, outputs, images, times }
}
