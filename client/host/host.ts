import { z } from 'zod'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Prompt } from '../../server/graph/prompt.ts'
import { featureFlagsSchema } from '../../server/protocol/messages.ts'
import { readNodeTypes } from '../document/node-types.ts'
import { Gendr, HostError, type ZipContent } from '../sdk/index.ts'
import type { Address, FileReference } from './address.ts'
import { KnownRuns } from './known-runs.ts'
import type { Order } from './order.ts'
import { type Refusal, readRefusal } from './refusal.ts'
import type { NodeOutput, Warning } from './run-board.ts'
import {
  inOrder,
  isOver,
  jobSchema,
  pastRuns,
  type RunsNow,
  recordsSchema,
  runOf,
  stageOf,
  type WholeJob,
  warningsIn,
} from './run-list.ts'
import type { RunPage } from './run-pages.ts'

export { HostError } from '../sdk/index.ts'

export type Template = z.infer<typeof templatesSchema>[number]

export type Submission =
  | { readonly ok: true; readonly id: string; readonly nodeErrors: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly refusal: Refusal }

/** What the host remembers of a run. */
export interface PastRun {
  readonly isOver: true
  readonly prompt: Prompt
  readonly outputs: ReadonlyMap<string, NodeOutput>
  readonly succeeded: boolean
  /** Milliseconds that each node took. */
  readonly times: ReadonlyMap<string, number>
  /** What its nodes warned of. */
  readonly warnings: readonly Warning[]
}

/** A run that waits or is under way. */
export interface OpenRun {
  readonly isOver: false
  readonly id: string
  readonly prompt: Prompt
  /** Of this page: one that was loaded again knows its runs so. */
  readonly isOwn: boolean
}

const templatesSchema = z.array(
  z.object({
    name: z.string(),
    title: z.string(),
    summary: z.string().default(''),
    hasPicture: z.boolean().default(false),
  }),
)
/** Runs that are over, in the list and in a page of them. */
const LISTED = 50
/** As many as the host lists at once. */
const MOST_LISTED = 1000
/** Milliseconds between questions to a host that does not answer. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5000
const OVER = ['completed', 'failed', 'cancelled'] as const

/** The host, as far as the editor needs it: the client for programs, and what only an editor asks. */
export class Host {
  readonly #gendr: Gendr
  readonly #clientId: string
  readonly #runs = new KnownRuns(async (id) => {
    const job = await this.#job(id)
    return job === undefined ? undefined : runOf(job)
  })

  constructor(address: Address, clientId: string) {
    this.#gendr = new Gendr(address.base, { token: address.token ?? undefined, clientId })
    this.#clientId = clientId
  }

  async nodeTypes(): Promise<Catalogue> {
    return readNodeTypes(await this.#gendr.request('/object_info'))
  }

  /** Pixels of the largest picture that nodes make; undefined for a host that does not say it. */
  async mostPixels(): Promise<number | undefined> {
    return featureFlagsSchema.parse(await this.#gendr.request('/features')).max_pixels
  }

  async templates(): Promise<readonly Template[]> {
    return templatesSchema.parse(await this.#gendr.request('/workflows'))
  }

  template(name: string): Promise<unknown> {
    return this.#gendr.request(`/workflows/${encodeURIComponent(name)}`)
  }

  /** Queues a graph; pictures that it saves will carry the workflow. */
  async submit({ id, prompt, workflow, targets, drawn }: Order): Promise<Submission> {
    try {
      const options = { ...(id !== undefined && { id }), ...(targets !== undefined && { targets }) }
      // Who waits for a host that is away is told so meanwhile.
      const run = await this.#gendr.run(prompt, { workflow, ...options, patience: 0 })
      return { ok: true, id: run.id, nodeErrors: readRefusal({ node_errors: run.nodeErrors }, drawn).nodes }
    } catch (error) {
      if (!(error instanceof HostError) || error.status === 0) throw error
      return { ok: false, refusal: readRefusal(error.body ?? { error: { message: error.message } }, drawn) }
    }
  }

  /** Stops a run, or takes it out of the queue. */
  async cancel(run: string): Promise<void> {
    await this.#gendr.attach(run).cancel()
  }

  /** Gives the host a picture; one that it has already is not sent again. */
  async upload(file: File): Promise<FileReference> {
    try {
      return await this.#gendr.upload(file, file.name || undefined)
    } catch (error) {
      if (!(error instanceof HostError) || error.status === 0) throw error
      const { status, message, remedy } = error
      throw new HostError(status, `‘${file.name}’ could not be uploaded: ${message}`, { remedy, cause: error })
    }
  }

  /** Waits until the host answers again, asking after longer and longer pauses. @throws the signal's reason */
  async back(signal: AbortSignal): Promise<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      await waited(pause, signal)
      try {
        await this.#gendr.request('/health', { signal })
        return
      } catch (error) {
        signal.throwIfAborted()
        if (!isUnanswered(error)) return
      }
    }
  }

  /** A run as it is now; undefined where the host has never heard of it, or has forgotten it. */
  async run(id: string): Promise<OpenRun | PastRun | undefined> {
    const job = await this.#job(id)
    if (job === undefined) return undefined
    const { status, workflow, outputs, execution_status: ending, times } = job
    const { prompt, extra_data: extra } = workflow
    if (isOver(stageOf(status))) {
      return {
        isOver: true,
        prompt,
        outputs: new Map(Object.entries(outputs)),
        succeeded: status === 'completed',
        times: new Map(Object.entries(times.nodes)),
        warnings: ending === null ? [] : warningsIn(ending),
      }
    }
    return { isOver: false, id, prompt, isOwn: extra.client_id === this.#clientId }
  }

  /** Lets a run that waits start before all others. */
  async moveToFront(run: string): Promise<void> {
    await this.#post(`/jobs/${encodeURIComponent(run)}/front`, {})
  }

  /** Takes everything that waits out of the queue. */
  async clearQueue(): Promise<void> {
    await this.#post('/queue', { clear: true })
  }

  /** What goes on, the first that wait, and the latest that are over. */
  async runs(waiting: number): Promise<RunsNow> {
    const pages = await Promise.all([
      this.#gendr.history({
        status: ['pending'],
        sortBy: 'priority',
        order: 'asc',
        limit: Math.min(waiting, MOST_LISTED),
      }),
      this.#gendr.history({ status: ['in_progress'] }),
      this.#gendr.history({ status: OVER, limit: LISTED }),
    ])
    // One that has gone on meanwhile is in two of them.
    const jobs = new Map(pages.flatMap((page) => page.jobs).map((job) => [job.id, job]))
    return { runs: inOrder(await this.#runs.of([...jobs.values()])), waiting: pages[0].total }
  }

  /** Those of some runs that failed or were cancelled, as far as they are among the latest that were. */
  async failedAmong(runs: readonly string[]): Promise<ReadonlySet<string>> {
    const { jobs } = await this.#gendr.history({ status: ['failed', 'cancelled'], limit: MOST_LISTED })
    return new Set(jobs.map(({ id }) => id).filter((id) => runs.includes(id)))
  }

  /** A page of the runs that are over: of the `end` oldest the newest, of all where it is left out. */
  async pastRuns(end?: number): Promise<RunPage> {
    const last = end ?? (await this.#gendr.history({ status: OVER, limit: 1 })).total
    const start = Math.max(0, last - LISTED)
    const records = await this.#gendr.request(`/history?offset=${start}&max_items=${last - start}`)
    return { runs: pastRuns(recordsSchema.parse(records)), start, end: last }
  }

  /** Asks for a ZIP without taking it. @throws HostError where the host would not give it */
  async checkZip(content: ZipContent): Promise<void> {
    await (await this.#gendr.zip(content)).cancel()
  }

  /** Names of the pictures that can be loaded, as LoadImage has them. */
  async inputs(): Promise<readonly string[]> {
    const type = readNodeTypes(await this.#gendr.request('/object_info/LoadImage')).get('LoadImage')
    const parameter = type?.parameters.find(({ name }) => name === 'image')
    return parameter?.kind === 'COMBO' ? parameter.options : []
  }

  /** Forgets runs that are over; their files stay. */
  forget(runs: readonly string[]): Promise<void> {
    return this.#gendr.forget(runs)
  }

  forgetAll(): Promise<void> {
    return this.#gendr.forget()
  }

  async runsUnderWay(): Promise<OpenRun[]> {
    const { jobs } = await this.#gendr.history({ status: ['in_progress'] })
    const runs = await Promise.all(jobs.map(({ id }) => this.run(id)))
    return runs.filter((run) => run?.isOver === false)
  }

  #post(path: string, body: unknown): Promise<unknown> {
    return this.#gendr.request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  async #job(run: string): Promise<WholeJob | undefined> {
    const job = await unlessGone(this.#gendr.request(`/jobs/${encodeURIComponent(run)}`))
    return job === undefined ? undefined : jobSchema.parse(job)
  }
}

/** Whether nobody answered, so that the same may succeed later. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof HostError && error.status === 0
}

function waited(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

/** Undefined for a run that the host does not know. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof HostError && error.status === 404) return undefined
    throw error
  }
}
