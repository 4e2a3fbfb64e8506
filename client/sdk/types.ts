/** What the host takes and gives, as far as this client uses it. Times are milliseconds; dates are since 1970. */

/** A graph in ComfyUI's API format, or a workflow as an editor saves it. */
export type Graph = Readonly<Record<string, unknown>>

export type FolderType = 'input' | 'output' | 'temp'

/** A file in one of the host's folders. */
export interface FileReference {
  readonly filename: string
  readonly subfolder: string
  readonly type: FolderType
}

/** A file that the host has, by its content. */
export interface KnownFile extends FileReference {
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** What LoadImage calls it. */
  readonly input: string
}

/** What a ZIP shall have in it. */
export interface ZipContent {
  /** Files, and what they are called in it; without a name as on the host. A name that comes again gets a number. */
  readonly files?: readonly (FileReference & { readonly name?: string | undefined })[]
  /** Runs, of which it gets what they saved; where that is nothing, what they have shown. */
  readonly runs?: readonly string[]
  /** What it is called where it is downloaded by a browser. @default results.zip */
  readonly name?: string
}

export type Status = 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled'

export interface Times {
  /** How long the run waited; null while it does. */
  readonly queued: number | null
  /** How long it ran; null until it has ended. */
  readonly run: number | null
  /** How long each node took that was not cached. */
  readonly nodes: Readonly<Record<string, number>>
}

/** When a run will start and end, from now on. */
export interface Eta {
  readonly start: number
  readonly end: number
}

/** Lists of what a node shows, by name: `images`, `text`, … */
export type NodeOutput = Readonly<Record<string, unknown>> &
  Partial<Readonly<Record<'images' | 'a_images' | 'b_images', readonly FileReference[] | undefined>>>

/** A run as lists show it. */
export interface Job {
  readonly id: string
  readonly status: Status
  readonly priority: number
  readonly create_time: number
  readonly execution_start_time?: number | undefined
  readonly execution_end_time?: number | undefined
  readonly execution_error?: Readonly<Record<string, unknown>> | undefined
  readonly outputs_count: number
  readonly preview_output?: FileReference | undefined
  readonly workflow_id?: string | undefined
}

/** All of it. */
export interface WholeJob extends Job {
  readonly outputs: Readonly<Record<string, NodeOutput>>
  readonly times: Times
  /** Absent once it has ended, and while nothing is known of such runs. */
  readonly eta?: Eta | undefined
}

/** How a run that has ended went. */
export interface Result {
  readonly id: string
  readonly status: Status
  /** By node. */
  readonly outputs: Readonly<Record<string, NodeOutput>>
  /** Every picture: those that were saved, then those that are only shown and soon gone. */
  readonly images: readonly (FileReference & { readonly node: string })[]
  readonly times: Times
}

/** One message of a run: ComfyUI's types and data (see GET /asyncapi.json), and its number. */
export interface RunEvent {
  readonly sequence: number
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface RunOptions {
  /** `node.parameter=value`; a node is its id, its title or its class, and left out where only one has the parameter. */
  readonly set?: readonly string[]
  /** An id of the caller's own. The same graph under it is the same run: it can be sent again without being run again. */
  readonly id?: string
  /** How long a run with an id is sent again when the host does not answer, or not yet (5xx), in ms. @default 60000 */
  readonly patience?: number
  /** Before all that wait. */
  readonly front?: boolean
  /** Ids of output nodes: only these and what they need are run. @default all */
  readonly targets?: readonly string[]
  /** Lower runs earlier. */
  readonly number?: number
  /** The workflow that saved pictures shall carry. */
  readonly workflow?: unknown
  /** Where the host shall send word of the end. */
  readonly webhook?: string
  readonly signal?: AbortSignal
}

export interface HistoryQuery {
  readonly status?: readonly Status[]
  readonly workflow?: string
  /** By `priority` what waits is in the order in which it will start. */
  readonly sortBy?: 'created_at' | 'execution_duration' | 'priority'
  readonly order?: 'asc' | 'desc'
  readonly limit?: number
  readonly offset?: number
}

export interface HistoryPage {
  readonly jobs: readonly Job[]
  readonly total: number
  readonly hasMore: boolean
}

/** Why a node keeps a graph, or a part of it, from running. */
export interface NodeError {
  readonly class_type: string
  readonly dependent_outputs: readonly string[]
  readonly errors: readonly {
    readonly type: string
    readonly message: string
    readonly details: string
    readonly extra_info: Readonly<Record<string, unknown>>
  }[]
}
