import { z } from 'zod'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { nodeOutputSchema } from '../../server/protocol/messages.ts'
import { readNodeTypes } from '../document/node-types.ts'
import type { Address, FileReference } from './address.ts'
import { type Refusal, readRefusal } from './refusal.ts'
import { queueSchema, type RunEntry, recordsSchema, runList } from './run-list.ts'

export interface Template {
  readonly name: string
  readonly title: string
}

export type Submission =
  | { readonly ok: true; readonly id: string; readonly nodeErrors: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly refusal: Refusal }

/** What the host remembers of a run. */
export interface PastRun {
  readonly outputs: ReadonlyMap<string, z.infer<typeof nodeOutputSchema>>
  readonly succeeded: boolean
}

interface QueuedRun {
  readonly id: string
  readonly nodes: readonly string[]
  readonly client: string | undefined
}

/** The host cannot be reached, or answered with an error; the message is for people. */
export class HostError extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HostError'
    this.remedy = remedy
  }
}

const submissionSchema = z.looseObject({ prompt_id: z.string() })
const uploadSchema = z.object({ name: z.string(), subfolder: z.string(), type: z.enum(['input', 'output', 'temp']) })
const templatesSchema = z.array(z.object({ name: z.string(), title: z.string() }))
const historySchema = z.record(
  z.string(),
  z.looseObject({
    outputs: z.record(z.string(), nodeOutputSchema).default({}),
    status: z.looseObject({ completed: z.boolean().default(false) }),
  }),
)
/** Runs that are over, in the list. */
const LISTED = 50

/** ComfyUI's HTTP routes, as far as the editor needs them. */
export class Host {
  readonly #address: Address
  readonly #clientId: string

  constructor(address: Address, clientId: string) {
    this.#address = address
    this.#clientId = clientId
  }

  async nodeTypes(): Promise<Catalogue> {
    return readNodeTypes(await this.#json('object_info'))
  }

  async templates(): Promise<readonly Template[]> {
    return templatesSchema.parse(await this.#json('workflows'))
  }

  template(name: string): Promise<unknown> {
    return this.#json(`workflows/${encodeURIComponent(name)}`)
  }

  /** Queues a graph; pictures that it saves will carry the workflow. */
  async submit(prompt: Prompt, workflow: unknown): Promise<Submission> {
    const response = await this.#post('prompt', {
      prompt,
      client_id: this.#clientId,
      extra_data: { extra_pnginfo: { workflow } },
    })
    const body = await readBody(response)
    const accepted = submissionSchema.safeParse(body)
    if (!response.ok || !accepted.success) return { ok: false, refusal: readRefusal(body) }
    return { ok: true, id: accepted.data.prompt_id, nodeErrors: readRefusal(body).nodes }
  }

  /** Stops a run, or takes it out of the queue. */
  async cancel(run: string): Promise<void> {
    await this.#post('queue', { delete: [run] })
    await this.#post('interrupt', { prompt_id: run })
  }

  async upload(file: File): Promise<FileReference> {
    const form = new FormData()
    form.set('image', file, file.name || 'picture.png')
    const response = await this.#fetch('upload/image', { method: 'POST', body: form })
    const body = await readBody(response)
    const parsed = uploadSchema.safeParse(body)
    if (!response.ok || !parsed.success) {
      const { message, remedy } = readRefusal(body)
      throw new HostError(`‘${file.name}’ could not be uploaded: ${message}`, remedy)
    }
    return { filename: parsed.data.name, subfolder: parsed.data.subfolder, type: parsed.data.type }
  }

  /** Undefined while a run is not over, or was never heard of. */
  async pastRun(run: string): Promise<PastRun | undefined> {
    const record = historySchema.parse(await this.#json(`history/${encodeURIComponent(run)}`))[run]
    return record && { outputs: new Map(Object.entries(record.outputs)), succeeded: record.status.completed }
  }

  /** What goes on and waits, and the latest that are over. */
  async runs(): Promise<readonly RunEntry[]> {
    const [queue, records] = await Promise.all([this.#json('queue'), this.#json(`history?max_items=${LISTED}`)])
    return runList(queueSchema.parse(queue), recordsSchema.parse(records))
  }

  /** Names of the pictures that can be loaded, as LoadImage has them. */
  async inputs(): Promise<readonly string[]> {
    const type = readNodeTypes(await this.#json('object_info/LoadImage')).get('LoadImage')
    const parameter = type?.parameters.find(({ name }) => name === 'image')
    return parameter?.kind === 'COMBO' ? parameter.options : []
  }

  /** Forgets runs that are over; their files stay. */
  async forget(runs: readonly string[]): Promise<void> {
    await this.#post('history', { delete: runs })
  }

  async forgetAll(): Promise<void> {
    await this.#post('history', { clear: true })
  }

  async isQueued(run: string): Promise<boolean> {
    return (await this.#queue()).some(({ id }) => id === run)
  }

  /** The first run of this tab that waits or goes on: a page that was loaded again finds it so. */
  async ownRun(): Promise<QueuedRun | undefined> {
    return (await this.#queue()).find(({ client }) => client === this.#clientId)
  }

  async #queue(): Promise<QueuedRun[]> {
    const { queue_running, queue_pending } = queueSchema.parse(await this.#json('queue'))
    return [...queue_running, ...queue_pending].map(([, id, prompt, extra]) => ({
      id,
      nodes: Object.keys(prompt),
      client: typeof extra.client_id === 'string' ? extra.client_id : undefined,
    }))
  }

  async #json(path: string): Promise<unknown> {
    const response = await this.#fetch(path)
    const body = await readBody(response)
    if (response.ok) return body
    const { message, remedy } = readRefusal(body)
    throw new HostError(message, remedy)
  }

  #post(path: string, body: unknown): Promise<Response> {
    return this.#fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  async #fetch(path: string, init?: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#address.of(path), init)
    } catch (cause) {
      throw new HostError(
        'The host does not answer.',
        'See whether it still runs; the editor connects again by itself.',
        { cause },
      )
    }
  }
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}
