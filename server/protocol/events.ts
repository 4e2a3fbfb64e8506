import type { NodeUi } from '../../nodes/sdk/node.ts'

/**
 * What a run reports, in order. `sequence` counts from 0 within the run.
 * The socket hub turns these into ComfyUI's messages; times are ms since the epoch.
 */
export type RunEvent = { readonly runId: string; readonly sequence: number; readonly time: number } & RunEventBody

/** What a node says of its work. */
export interface NodeWords {
  readonly text: string
  /** Whether who only looks at the result must know it. */
  readonly isWarning: boolean
}

export type RunEventBody =
  | { readonly type: 'started' }
  | { readonly type: 'cached'; readonly nodes: readonly string[] }
  | { readonly type: 'node_started'; readonly node: string }
  | { readonly type: 'node_progress'; readonly node: string; readonly value: number; readonly max: number }
  /** A small JPEG of what is being made, or a PNG that is a result and nowhere else. */
  | {
      readonly type: 'node_preview'
      readonly node: string
      readonly format: 'image/jpeg' | 'image/png'
      readonly bytes: Uint8Array
    }
  | ({ readonly type: 'node_text'; readonly node: string } & NodeWords)
  /** `ui` is null for a node that shows nothing. */
  | { readonly type: 'node_finished'; readonly node: string; readonly ui: NodeUi | null; readonly cached: boolean }
  /** A result of a run that came over a socket: the bytes that would have been a file. */
  | {
      readonly type: 'result_image'
      readonly node: string
      readonly index: number
      readonly filename: string
      readonly format: string
      readonly bytes: Uint8Array
    }
  /** A node became a graph: events of `nodes` follow; `display` is the node of the submitted graph that they belong to. */
  | {
      readonly type: 'expanded'
      readonly node: string
      readonly display: string
      readonly nodes: readonly string[]
    }
  /** A node was not run because one before it said so; the run goes on. */
  | {
      readonly type: 'node_blocked'
      readonly node: string
      readonly nodeType: string
      readonly message: string
      readonly executed: readonly string[]
    }
  /** A file of a run that keeps its results on disk. */
  | { readonly type: 'file_written'; readonly node: string; readonly file: WrittenFile }
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly error: RunError }
  | { readonly type: 'interrupted'; readonly node: string | null; readonly executed: readonly string[] }

/** A file by its place and by its content. */
export interface WrittenFile {
  readonly filename: string
  readonly subfolder: string
  readonly type: 'input' | 'output' | 'temp'
  /** Hexadecimal. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

export interface RunError {
  readonly node: string | null
  readonly nodeType: string
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly executed: readonly string[]
  readonly inputs: Readonly<Record<string, readonly unknown[]>>
}
