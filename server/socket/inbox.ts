import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type HostLog, logText } from '../http/host-log.ts'
import { decodeFrame } from '../protocol/frames.ts'
import { type ClientMessage, clientMessageSchema, referenceSchema, type ServerMessage } from '../protocol/messages.ts'
import { prepareRun, refusal, type Surroundings, withWorkflow } from '../runs/intake.ts'
import type { Runs } from '../runs/runs.ts'
import { knownFailure } from '../storage/known-failure.ts'

type RunMessage = Extract<ClientMessage, { type: 'run' }>

/** Bytes and number of pictures that one socket may have sent ahead of its next run. */
const MAX_BYTES = 512 << 20
const MAX_FILES = 1000

export interface InboxOptions {
  readonly runs: Runs
  readonly surroundings: Surroundings
  readonly log: Pick<HostLog, 'add'>
}

/** What one client sends for its runs: pictures first, then the graph that uses them. */
export class Inbox {
  readonly #sid: string
  readonly #runs: Runs
  readonly #surroundings: Surroundings
  readonly #log: Pick<HostLog, 'add'>
  #attachments = new Map<string, Uint8Array>()
  #bytes = 0
  /** What was wrong with a picture; the run that needs it is refused with this. */
  #fault: RestorationError | undefined

  constructor(sid: string, { runs, surroundings, log }: InboxOptions) {
    this.#sid = sid
    this.#log = log
    this.#runs = runs
    this.#surroundings = surroundings
  }

  /** Keeps a picture for the next run. */
  attach(data: Uint8Array): void {
    try {
      const frame = decodeFrame(data)
      if (frame.type !== 'attachment') return
      this.#bytes += frame.bytes.length
      if (this.#bytes > MAX_BYTES || this.#attachments.size >= MAX_FILES) {
        throw new RestorationError(
          'invalid_input',
          `More than ${MAX_BYTES >> 20} MiB or ${MAX_FILES} pictures were sent for one run.`,
          'Send fewer pictures for each run.',
        )
      }
      this.#attachments.set(frame.metadata.name, frame.bytes)
    } catch (error) {
      if (!(error instanceof RestorationError)) throw error
      this.#fault ??= error
      this.#attachments.clear()
    }
  }

  /** Queues a run with the pictures that came before it, and says what became of that. */
  async run(message: RunMessage): Promise<ServerMessage> {
    const { workflow, set, id } = message.data
    const attachments = Object.fromEntries(this.#attachments)
    const fault = this.#fault
    this.#attachments.clear()
    this.#bytes = 0
    this.#fault = undefined
    const reference = referenceOf(id)
    try {
      if (fault !== undefined) throw fault
      const order = { graph: workflow, settings: set, attachments }
      const prepared = await prepareRun(order, this.#surroundings)
      if (!prepared.ok) {
        return { type: 'run_rejected', data: { ...reference, error: prepared.error, node_errors: prepared.nodeErrors } }
      }
      const run = this.#runs.submit({
        prompt: prepared.prompt,
        outputs: prepared.outputs,
        extraData: withWorkflow({ client_id: this.#sid }, workflow),
        delivery: 'memory',
        attachments,
        pictureBytes: prepared.pictureBytes,
      })
      return { type: 'run_accepted', data: { ...reference, prompt_id: run.id, node_errors: prepared.nodeErrors } }
    } catch (error) {
      const known = knownFailure(error)
      if (known === undefined) this.#log.add(logText(error))
      return rejection(
        known ?? new RestorationError('invalid_input', 'The server failed.', 'See the log of the host.'),
        id,
      )
    }
  }
}

/** Reads a text message; undefined for what ComfyUI would ignore, a rejection for a run that cannot be read. */
export function readMessage(
  text: string,
): ClientMessage | Extract<ServerMessage, { type: 'run_rejected' }> | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = clientMessageSchema.safeParse(json)
  if (parsed.success) return parsed.data
  if (typeof json !== 'object' || json === null || !('type' in json) || json.type !== 'run') return undefined
  const issue = parsed.error.issues[0]
  const error = new RestorationError(
    'invalid_input',
    `'${issue?.path.join('.')}' of the run does not fit: ${issue?.message}.`,
    'Send {"type":"run","data":{"workflow":GRAPH,"set":["node.parameter=value"],"id":"reference"}}.',
  )
  return rejection(error, idOf(json))
}

/** What a client is told of a run that was not accepted. */
export function rejection(error: RestorationError, id?: string): Extract<ServerMessage, { type: 'run_rejected' }> {
  return { type: 'run_rejected', data: { ...referenceOf(id), error: refusal(error).error, node_errors: {} } }
}

function referenceOf(id: string | undefined): { readonly id?: string } {
  return id === undefined ? {} : { id }
}

/** The reference of a run that does not fit otherwise. */
function idOf(json: object): string | undefined {
  const reference = z.object({ data: z.object({ id: referenceSchema }) }).safeParse(json)
  return reference.data?.data.id
}
