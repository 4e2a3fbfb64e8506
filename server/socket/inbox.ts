import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { type HostLog, logText } from '../host-log.ts'
import { decodeFrame, type Frame } from '../protocol/frames.ts'
import { type ClientMessage, clientMessageSchema, referenceSchema, type ServerMessage } from '../protocol/messages.ts'
import { namedGraph, prepareRun, refusal, type Surroundings, withWorkflow } from '../runs/intake.ts'
import type { Runs } from '../runs/runs.ts'
import { knownFailure } from '../storage/known-failure.ts'

type RunMessage = Extract<ClientMessage, { type: 'run' }>

/** Bytes and number of pictures that one socket may have sent ahead of its next run, and how long they wait for it, in ms. */
const MAX_BYTES = 512 << 20
const MAX_FILES = 1000
const PATIENCE = 600_000

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
  /** Bytes of these. */
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  /** What was wrong with a picture; the run that needs it is refused with this. */
  #fault: RestorationError | undefined

  constructor(sid: string, { runs, surroundings, log }: InboxOptions) {
    this.#sid = sid
    this.#log = log
    this.#runs = runs
    this.#surroundings = surroundings
  }

  /**
   * Takes a picture that has arrived, or lets it go when there is no room.
   * @returns what to call when it is its turn: keeps the picture for the next run
   */
  receive(data: Uint8Array): () => void {
    const { room } = this.#runs
    if (room.take(data.length)) return () => this.#attach(data)
    return () =>
      this.#refuse(
        `More than ${room.size >> 20} MiB of pictures would be in memory.`,
        'Wait for earlier runs to end, or upload the pictures and submit the run with POST /prompt.',
      )
  }

  /** To be called when the socket has closed. */
  close(): void {
    this.#isClosed = true
    this.#empty()
  }

  #attach(data: Uint8Array): void {
    const frame = this.#decode(data)
    const size = frame?.type === 'attachment' && !this.#isClosed ? frame.bytes.length : 0
    this.#runs.room.giveBack(data.length - size)
    if (frame?.type !== 'attachment' || this.#isClosed) return
    const { name } = frame.metadata
    this.#release(name)
    this.#attachments.set(name, frame.bytes)
    this.#bytes += size
    clearTimeout(this.#timer)
    if (this.#bytes > MAX_BYTES || this.#attachments.size > MAX_FILES) {
      const most = `${MAX_BYTES >> 20} MiB or ${MAX_FILES} pictures`
      this.#refuse(`More than ${most} were sent for one run.`, 'Send fewer pictures for each run.')
      return
    }
    const late = () =>
      this.#refuse('The pictures have waited for ten minutes.', 'Send them again, right before the run.')
    this.#timer = setTimeout(late, PATIENCE).unref()
  }

  #decode(data: Uint8Array): Frame | undefined {
    try {
      return decodeFrame(data)
    } catch (error) {
      if (!(error instanceof RestorationError)) throw error
      this.#fault ??= error
      this.#empty()
      return undefined
    }
  }

  #refuse(message: string, remedy: string): void {
    this.#fault ??= new RestorationError('invalid_input', message, remedy)
    this.#empty()
  }

  #empty(): void {
    clearTimeout(this.#timer)
    for (const name of this.#attachments.keys()) this.#release(name)
  }

  #release(name: string): void {
    const { length } = this.#attachments.get(name) ?? []
    this.#attachments.delete(name)
    this.#bytes -= length
    this.#runs.room.giveBack(length)
  }

  /** Queues a run with the pictures that came before it, and says what became of that. */
  async run(message: RunMessage): Promise<ServerMessage> {
    const { workflow, set, id } = message.data
    const attachments = Object.fromEntries(this.#attachments)
    const bytes = this.#bytes
    const fault = this.#fault
    clearTimeout(this.#timer)
    this.#attachments.clear()
    this.#bytes = 0
    this.#fault = undefined
    let isTaken = false
    const reference = referenceOf(id)
    try {
      if (fault !== undefined) throw fault
      const graph = await namedGraph(workflow, this.#surroundings)
      const order = { graph, settings: set, attachments }
      const prepared = await prepareRun(order, this.#surroundings)
      if (!prepared.ok) {
        return { type: 'run_rejected', data: { ...reference, error: prepared.error, node_errors: prepared.nodeErrors } }
      }
      const run = this.#runs.submit({
        prompt: prepared.prompt,
        outputs: prepared.outputs,
        extraData: withWorkflow({ client_id: this.#sid }, graph),
        delivery: 'memory',
        attachments,
        pictureBytes: prepared.pictureBytes,
      })
      isTaken = true
      return { type: 'run_accepted', data: { ...reference, prompt_id: run.id, node_errors: prepared.nodeErrors } }
    } catch (error) {
      const known = knownFailure(error)
      if (known === undefined) this.#log.add(logText(error))
      return rejection(
        known ?? new RestorationError('invalid_input', 'The server failed.', 'See the log of the host.'),
        id,
      )
    } finally {
      if (!isTaken) this.#runs.room.giveBack(bytes)
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
    'Send {"type":"run","data":{"workflow":GRAPH_OR_NAME,"set":["node.parameter=value"],"id":"reference"}}.',
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
