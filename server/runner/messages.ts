import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { ErrorCode } from '../../nodes/sdk/error.ts'
import type { Prompt } from '../graph/prompt.ts'
import type { DeviceReport } from '../inference/messages.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { StorageRoots } from '../storage/storage.ts'

/** One execution of a graph, as the host hands it to a runner. */
export interface RunRequest {
  readonly id: string
  readonly prompt: Prompt
  /** Ids of the output nodes that passed validation. */
  readonly outputs: readonly string[]
  readonly extraPnginfo: Readonly<Record<string, unknown>>
  /** Pictures that came with the request, by the name under which nodes load them; they hide files of that name. */
  readonly attachments: Readonly<Record<string, Uint8Array>>
  /** `memory`: what the graph saves comes back as `result_image` events and touches no disk. */
  readonly delivery: 'files' | 'memory'
}

/** Host to runner, over the child process channel (advanced serialization, so bytes travel as bytes). */
export type ToRunner =
  | { readonly type: 'run'; readonly run: RunRequest }
  | { readonly type: 'cancel'; readonly runId: string }
  | { readonly type: 'free'; readonly unloadModels: boolean; readonly freeMemory: boolean }

/** Runner to host. The last event of a run is `succeeded`, `failed` or `interrupted`. */
export type FromRunner =
  | { readonly type: 'ready'; readonly catalogue: readonly NodeDescription[]; readonly device: DeviceReport }
  /** The runner ends, and another one would end the same way. */
  | { readonly type: 'unusable'; readonly code: ErrorCode; readonly message: string; readonly remedy: string }
  /** In their order; several in one message are cheaper. */
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }

/** Start-up options of a runner process, as JSON in its first argument. */
export interface RunnerOptions extends StorageRoots {
  /** Folders with one folder per model, searched in order. */
  readonly modelRoots: readonly string[]
  readonly device: 'auto' | 'cuda' | 'webgpu' | 'cpu'
  readonly threads: number
  readonly maxPixels: number
  readonly cacheBytes: number
  /** Where results are kept that outlive the process, and what they may take; 0 bytes for none. */
  readonly cacheRoot: string
  readonly diskCacheBytes: number
  readonly saveMetadata: boolean
}
