import type { Asked } from '../../models/installed/setting.ts'
import type { GraphSignature } from '../../nodes/sdk/context.ts'
import type { ErrorCode } from '../../nodes/sdk/error.ts'
import type { Tensor } from '../../nodes/sdk/values.ts'

/** The device that runs models, and why it was taken. */
export interface DeviceReport {
  readonly provider: 'cuda' | 'webgpu' | 'cpu'
  readonly name: string
  /** A sentence for the start-up line, e.g. "no CUDA provider is installed; WebGPU found no adapter". */
  readonly reason: string
}

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
  /** Whether several calls of it at once, on a part of the cores each, are faster than one after the other; they take memory each. */
  readonly shares?: boolean
  /** Something that changes when the file at the path does; absent where it never does. */
  readonly version?: string
  /** What to do when it does not load or run. @default advice on models that were imported */
  readonly remedy?: string
}

/** Runner to inference thread. */
export type ToThread = Order | { readonly type: 'unload' }

/** What a thread answers, one at a time, and on how many cores. */
export type Order = Question & { readonly cores: number }

export type Question =
  | { readonly type: 'run'; readonly graph: GraphReference; readonly inputs: readonly Tensor[] }
  | { readonly type: 'signature'; readonly graph: GraphReference }

export type Answer =
  | { readonly type: 'result'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'signature'; readonly signature: GraphSignature }

/** Inference thread to runner. */
export type FromThread =
  | Answer
  | {
      readonly type: 'error'
      readonly code: ErrorCode
      readonly message: string
      readonly remedy: string
    }

export interface ThreadOptions {
  readonly provider: DeviceReport['provider']
  /** Sessions beyond this many bytes of weights are dropped, least recently used first. */
  readonly sessionBytes: number
}
