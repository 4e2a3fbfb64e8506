import type { NodeError, Result } from './types.ts'

/** The message of an error of status 0. */
export const NO_ANSWER = 'The host does not answer.'

type HostErrorDetails = Partial<Pick<HostError, 'type' | 'remedy' | 'nodeErrors' | 'retryAfter' | 'body'>>

/** The host answered with an error, or not at all. */
export class HostError extends Error {
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number
  /** Of what kind it is, for programs: `queue_full`, `disk_full`, `prompt_outputs_failed_validation`, … */
  readonly type: string
  /** What to do about it. */
  readonly remedy: string
  /** What is wrong with which node, when a graph was refused. */
  readonly nodeErrors: Readonly<Record<string, NodeError>>
  /** In how many milliseconds to come again, when the host said so. */
  readonly retryAfter: number | undefined
  /** All that it said, when that was JSON. */
  readonly body: unknown

  constructor(
    status: number,
    message: string,
    { type = '', remedy = '', nodeErrors = {}, retryAfter, body, ...options }: HostErrorDetails & ErrorOptions = {},
  ) {
    super(message, options)
    this.name = 'HostError'
    this.status = status
    this.type = type
    this.remedy = remedy
    this.nodeErrors = nodeErrors
    this.retryAfter = retryAfter
    this.body = body
  }
}

/** A run failed or was cancelled; `result` has what was made until then. */
export class RunError extends Error {
  readonly result: Result
  /** The node that failed, if it was one. */
  readonly node: string | null
  /** What it failed with, for programs: `image_too_large`, `inference_failed`, …; empty where it did not fail. */
  readonly code: string
  /** What to do about it. */
  readonly remedy: string

  constructor(
    result: Result,
    message: string,
    { node = null, code = '', remedy = '' }: Partial<Pick<RunError, 'node' | 'code' | 'remedy'>> = {},
  ) {
    super(message)
    this.name = 'RunError'
    this.result = result
    this.node = node
    this.code = code
    this.remedy = remedy
  }
}

/** What the host says is wrong, as ComfyUI's routes and ours have it in common; some of ComfyUI's say a sentence only. */
interface Refusal {
  readonly error?: string | Partial<Problem>
  readonly node_errors?: HostError['nodeErrors']
}

type Problem = NodeError['errors'][number]

/** Reads an answer that is no success. */
export async function errorOf(response: Response): Promise<HostError> {
  const { status, headers } = response
  const text = await response.text().catch(() => '')
  const body = parsed(text)
  const { error, node_errors: nodeErrors = {} } = (body ?? { error: text }) as Refusal
  const problem = typeof error === 'string' ? { message: error } : error
  const blamed = firstBlamed(nodeErrors)
  return new HostError(status, blamed?.message ?? (problem?.message || `The host answered ${status}.`), {
    type: problem?.type ?? '',
    remedy: remedyOf(problem) ?? blamed?.remedy ?? '',
    nodeErrors,
    retryAfter: millisecondsUntil(headers.get('Retry-After')),
    body,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first thing that is wrong with a node: of the whole graph ComfyUI only says that there is something. */
function firstBlamed(nodeErrors: HostError['nodeErrors']) {
  for (const [id, { class_type, errors }] of Object.entries(nodeErrors)) {
    const [first] = errors
    if (first === undefined) continue
    const { message, details } = first
    return { message: `${class_type} (${id}): ${message}${details && `: ${details}`}`, remedy: remedyOf(first) }
  }
  return undefined
}

function remedyOf(problem: Partial<Problem> | undefined): string | undefined {
  const remedy = problem?.extra_info?.remedy
  return typeof remedy === 'string' ? remedy : undefined
}

/** Of seconds, or of a date as proxies send it (RFC 9110, 10.2.3). */
function millisecondsUntil(header: string | null): number | undefined {
  if (header === null) return undefined
  const time = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now()
  return Number.isNaN(time) ? undefined : Math.max(0, time)
}
