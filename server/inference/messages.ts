import type { Asked } from '../../models/import/asking.ts'
import type { ErrorCode } from '../../nodes/sdk/error.ts'
import type { DeviceReport } from '../runner/messages.ts'

/** One graph of a model, as the thread finds it. */
export interface GraphReference {
  /** The model's name and part, for errors. */
  readonly label: string
  readonly path: string
  /** What takes its place on some providers. */
  readonly own?: Readonly<Partial<Record<DeviceReport['provider'], string | undefined>>>
  /** What the UNet is asked with, where that is not what is folded into the graph. */
  readonly asked?: Asked | undefined
  /** What it costs to keep the session: the graph's and its weights' bytes. */
  readonly bytes: number
}

/** Runner to inference thread. */
export type ToThread =
  | {
      readonly type: 'run'
      readonly graph: GraphReference
      readonly data: Float32Array
      readonly dims: readonly number[]
    }
  | { readonly type: 'unload' }

/** Inference thread to runner. */
export type FromThread =
  | { readonly type: 'ready'; readonly device: DeviceReport }
  | { readonly type: 'unusable'; readonly code: ErrorCode; readonly message: string; readonly remedy: string }
  | { readonly type: 'result'; readonly data: Float32Array; readonly dims: readonly number[] }
  | {
      readonly type: 'error'
      readonly code: ErrorCode
      readonly message: string
      readonly remedy: string
    }

export interface ThreadOptions {
  readonly device: 'auto' | DeviceReport['provider']
  readonly threads: number
  /** Sessions beyond this many bytes of weights are dropped, least recently used first. */
  readonly sessionBytes: number
}
