import type { NodeError, Result } from './types.ts'

/** The message of an error of status 0. */
export const NO_ANSWER = 'The host does not answer.'

/** The host answered with an error, or not at all. */
export class HostError extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  /** What to do about it. */
  readonly remedy: string
  /** What is wrong with which node, when a graph was refused. */
  readonly nodeErrors: Readonly<Record<string, NodeError>>

  constructor(
    status: number,
    message: string,
    { remedy = '', nodeErrors = {}, ...options }: Partial<Pick<HostError, 'remedy' | 'nodeErrors'>> & ErrorOptions = {},
  ) {
    super(message, options)
    this.name = 'HostError'
    this.status = status
    this.remedy = remedy
    this.nodeErrors = nodeErrors
  }
}

/** A run failed or was cancelled; `result` has what was made until then. */
export class RunError extends Error {
  readonly result: Result
  /** The node that failed, if it was one. */
  readonly node: string | null

  constructor(result: Result, message: string, node: string | null) {
    super(message)
    this.name = 'RunError'
    this.result = result
    this.node = node
  }
}

/** Reads an answer that is no success; both forms of errors that the host has. */
export async function errorOf(response: Response): Promise<HostError> {
  const text = await response.text().catch(() => '')
  let body: { error?: unknown; node_errors?: HostError['nodeErrors'] } = {}
  try {
    body = JSON.parse(text)
  } catch {
    return new HostError(response.status, text || `The host answered ${response.status}.`)
  }
  if (typeof body.error === 'string') return new HostError(response.status, body.error)
  const { message, extra_info: extra } = (body.error ?? {}) as { message?: string; extra_info?: { remedy?: string } }
  return new HostError(response.status, message ?? `The host answered ${response.status}.`, {
    remedy: extra?.remedy ?? '',
    nodeErrors: body.node_errors ?? {},
  })
}
