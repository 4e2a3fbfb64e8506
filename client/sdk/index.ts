import { Connection, type ConnectionOptions, posted } from './connection.ts'
import { HostError } from './errors.ts'
import { persist } from './patience.ts'
import { Run } from './run.ts'
import type {
  FileReference,
  Graph,
  HistoryPage,
  HistoryQuery,
  Job,
  KnownFile,
  NodeError,
  RunOptions,
  ZipContent,
} from './types.ts'

export type { ConnectionOptions } from './connection.ts'
export { HostError, RunError } from './errors.ts'
export type { EventOptions } from './events.ts'
export { type ResultOptions, Run } from './run.ts'
export type * from './types.ts'

export interface GendrOptions extends ConnectionOptions {
  /** Under which runs are kept apart from those of others; sockets of this name hear of them too. */
  readonly clientId?: string
}

/** What a picture is called that nobody has named. */
const UNNAMED = 'picture.png'

/**
 * A host, for programs: Node.js from 20 and browsers, no dependencies.
 *
 *     const gendr = new Gendr('http://127.0.0.1:8188')
 *     const photo = await gendr.upload(bytes, 'photo.jpg')
 *     const run = await gendr.run(graph, { set: [`LoadImage.image=${photo.input}`] })
 *     const { images } = await run.result()
 *     const restored = await gendr.download(images[0])
 */
export class Gendr {
  readonly #connection: Connection
  readonly #clientId: string | undefined

  constructor(address: string | URL, options: GendrOptions = {}) {
    this.#connection = new Connection(address, options)
    this.#clientId = options.clientId
  }

  /**
   * Queues a graph, or a workflow that is shipped or was saved in the editor, by its name.
   * @throws HostError with `nodeErrors` when none of it can run
   */
  async run(graph: Graph | string, options: RunOptions = {}): Promise<Run> {
    const { set, id, front, targets, number, workflow, webhook, signal } = options
    const body = {
      ...(typeof graph === 'string' ? { workflow: graph } : { prompt: graph }),
      ...(set && { set }),
      ...(id !== undefined && { prompt_id: id }),
      ...(front !== undefined && { front }),
      ...(targets && { partial_execution_targets: targets }),
      ...(number !== undefined && { number }),
      ...(webhook !== undefined && { webhook }),
      ...(this.#clientId !== undefined && { client_id: this.#clientId }),
      ...(workflow !== undefined && { extra_data: { extra_pnginfo: { workflow } } }),
    }
    const send = () => this.#send(body, signal)
    // Without an id a run whose acceptance was not heard would be run twice.
    const accepted = await (id === undefined ? send() : persist(send, options))
    return new Run(this.#connection, accepted.id, accepted.node_errors)
  }

  /** A run that was queued before, by whomever; nothing is asked of the host yet. */
  attach(id: string): Run {
    return new Run(this.#connection, id)
  }

  /**
   * Gives the host a picture, and sends it only when the host does not have it.
   * @param name of the input that it is then; where it is left out, what is here keeps its own
   * @returns where it is; `input` is what LoadImage takes
   */
  async upload(content: Blob | Uint8Array, name?: string, signal?: AbortSignal): Promise<KnownFile> {
    const bytes = content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer())
    const sha256 = await hashOf(bytes)
    const options = signal === undefined ? {} : { signal }
    if (sha256 === undefined) return this.#uploadForm(bytes, name ?? UNNAMED, options)
    const { files } = await this.#connection.post<{ files: KnownFile[] }>(
      '/api/files/known',
      { sha256: [sha256], ...(name !== undefined && { name }) },
      signal,
    )
    if (files[0] !== undefined) return files[0]
    return this.#connection.json(`/api/files/${sha256}?name=${encodeURIComponent(name ?? UNNAMED)}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: new Blob([Uint8Array.from(bytes)]),
      ...options,
    })
  }

  /** A file of the host, whole. */
  async download(file: FileReference | undefined, signal?: AbortSignal): Promise<Uint8Array> {
    if (file === undefined) throw new TypeError('Expected a file to download; the run made none.')
    const { filename, subfolder, type } = file
    const query = new URLSearchParams({ filename, subfolder, type })
    const response = await this.#connection.success(`/api/view?${query}`, signal === undefined ? {} : { signal })
    return new Uint8Array(await response.arrayBuffer())
  }

  /**
   * Files of the host and results of runs as one ZIP, which is made while it is read; what is not there any more is listed
   * in it. @throws HostError with status 404 where nothing of it is there
   */
  async zip(content: ZipContent, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#connection.success('/api/files/zip', posted(content, signal))
    return body ?? new Blob([]).stream()
  }

  /** Runs in every state, the newest first, a page at a time. */
  async history(query: HistoryQuery = {}): Promise<HistoryPage> {
    const { status = [], workflow, sortBy, order, limit, offset } = query
    const parameters = new URLSearchParams({
      ...(status.length > 0 && { status: status.join(',') }),
      ...(workflow !== undefined && { workflow_id: workflow }),
      ...(sortBy !== undefined && { sort_by: sortBy }),
      ...(order !== undefined && { sort_order: order }),
      ...(limit !== undefined && { limit: String(limit) }),
      ...(offset !== undefined && { offset: String(offset) }),
    })
    const { jobs, pagination } = await this.#connection.json<{
      jobs: Job[]
      pagination: { total: number; has_more: boolean }
    }>(`/api/jobs?${parameters}`)
    return { jobs, total: pagination.total, hasMore: pagination.has_more }
  }

  /** Forgets runs that have ended, all of them without ids; their files stay. */
  async forget(ids?: readonly string[]): Promise<void> {
    await this.#connection.post('/api/history', ids === undefined ? { clear: true } : { delete: ids })
  }

  /** Stops whatever runs. */
  async interrupt(): Promise<void> {
    await this.#connection.post('/api/interrupt', {})
  }

  /** Any other route, e.g. `GET /object_info`: see GET /openapi.json. */
  request<T>(path: string, init?: RequestInit): Promise<T> {
    return this.#connection.json<T>(`/api${path}`, init)
  }

  /** Unlike POST /prompt, this route takes a run that is sent again under its id for the same one even when it has ended. */
  async #send(body: object, signal: AbortSignal | undefined): Promise<Accepted> {
    try {
      return await this.#connection.post('/api/runs', body, signal)
    } catch (error) {
      // What it says of a run that has ended badly by now.
      if (error instanceof HostError && isAccepted(error.body)) return error.body
      throw error
    }
  }

  async #uploadForm(bytes: Uint8Array, name: string, init: RequestInit): Promise<KnownFile> {
    const form = new FormData()
    form.set('image', new Blob([Uint8Array.from(bytes)]), name)
    const {
      name: filename,
      subfolder,
      type,
    } = await this.#connection.json<{
      name: string
      subfolder: string
      type: FileReference['type']
    }>('/api/upload/image', { ...init, method: 'POST', body: form })
    return { filename, subfolder, type, sha256: '', size: bytes.length, input: filename }
  }
}

interface Accepted {
  readonly id: string
  readonly node_errors: Readonly<Record<string, NodeError>>
}

function isAccepted(body: unknown): body is Accepted {
  return typeof body === 'object' && body !== null && 'id' in body
}

/** Hexadecimal SHA-256; undefined where a browser has none, on pages that came over plain HTTP from afar. */
async function hashOf(bytes: Uint8Array): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) return undefined
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
