import { z } from 'zod'

/** Text messages of the WebSocket. Those of ComfyUI keep its names and fields (server.py, execution.py, progress.py). */

const promptId = z.string()
const timestamp = z.number()

const execInfo = z.object({ queue_remaining: z.int() })

/** State of one node in `progress_state`. */
const nodeProgressSchema = z.object({
  value: z.number(),
  max: z.number(),
  state: z.enum(['running', 'finished', 'error']),
  node_id: z.string(),
  prompt_id: promptId,
  display_node_id: z.string(),
  parent_node_id: z.string().nullable(),
  real_node_id: z.string(),
})

export const fileReferenceSchema = z.object({
  filename: z.string(),
  subfolder: z.string(),
  type: z.enum(['input', 'output', 'temp']),
})

/** What an output node shows: lists by name. */
export const nodeOutputSchema = z.looseObject({
  images: z.array(fileReferenceSchema).readonly().optional(),
  text: z.array(z.string()).readonly().optional(),
  a_images: z.array(fileReferenceSchema).readonly().optional(),
  b_images: z.array(fileReferenceSchema).readonly().optional(),
})

export const executionMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('execution_start'), data: z.object({ prompt_id: promptId, timestamp }) }),
  z.object({
    type: z.literal('execution_cached'),
    data: z.object({ nodes: z.array(z.string()).readonly(), prompt_id: promptId, timestamp }),
  }),
  /** Ours: what somebody who only looks at the result must know; its words come as a frame of text, too. */
  z.object({
    type: z.literal('execution_warning'),
    data: z.object({ prompt_id: promptId, node_id: z.string(), text: z.string(), timestamp }),
  }),
  z.object({ type: z.literal('execution_success'), data: z.object({ prompt_id: promptId, timestamp }) }),
  z.object({
    type: z.literal('execution_error'),
    data: z.object({
      prompt_id: promptId,
      node_id: z.string().nullable(),
      node_type: z.string(),
      executed: z.array(z.string()).readonly(),
      exception_message: z.string(),
      exception_type: z.string(),
      traceback: z.array(z.string()).readonly(),
      current_inputs: z.record(z.string(), z.array(z.unknown()).readonly()),
      current_outputs: z.array(z.string()).readonly(),
      timestamp,
      /** Ours: one of ERROR_CODES, and what to do about it. */
      code: z.string(),
      remedy: z.string(),
    }),
  }),
  z.object({
    type: z.literal('execution_interrupted'),
    data: z.object({
      prompt_id: promptId,
      node_id: z.string().nullable(),
      node_type: z.string(),
      executed: z.array(z.string()).readonly(),
      timestamp,
    }),
  }),
])

export const featureFlagsSchema = z.looseObject({
  supports_preview_metadata: z.boolean().optional(),
  /** Ours: messages of runs come with their `sequence`, beside `type` and `data`. */
  supports_sequence: z.boolean().optional(),
  max_upload_size: z.number().optional(),
  /** Ours: of one picture, as nodes make it. */
  max_pixels: z.number().optional(),
})

/** Everything that the server sends as text. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('status'),
    data: z.object({
      status: z.object({
        exec_info: execInfo,
        /** Ours: while runs wait for room on the disk of the host. */
        disk_full: z.literal(true).optional(),
      }),
      sid: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal('progress_state'),
    data: z.object({ prompt_id: promptId, nodes: z.record(z.string(), nodeProgressSchema) }),
  }),
  z.object({
    type: z.literal('executing'),
    data: z.object({
      node: z.string().nullable(),
      display_node: z.string().optional(),
      /** Absent in the reminder that follows a reconnection. */
      prompt_id: promptId.optional(),
    }),
  }),
  z.object({
    type: z.literal('progress'),
    data: z.object({ value: z.number(), max: z.number(), prompt_id: promptId, node: z.string() }),
  }),
  z.object({
    type: z.literal('executed'),
    data: z.object({
      node: z.string(),
      display_node: z.string(),
      output: nodeOutputSchema.nullable(),
      prompt_id: promptId,
    }),
  }),
  ...executionMessageSchema.options,
  z.object({ type: z.literal('feature_flags'), data: featureFlagsSchema }),
  z.object({
    type: z.literal('logs'),
    data: z.object({
      entries: z.array(z.object({ t: z.string(), m: z.string() })).readonly(),
      size: z.object({ cols: z.int(), rows: z.int() }),
    }),
  }),
  z.object({ type: z.literal('pong') }),
  z.object({
    type: z.literal('resumed'),
    data: z.object({
      prompt_id: promptId,
      state: z.enum(['open', 'ended', 'unknown']),
      /** Whether more was told than is kept, results that belong to no file above all. */
      gap: z.boolean().optional(),
    }),
  }),
  z.object({
    type: z.literal('run_accepted'),
    data: z.object({
      /** The client's own reference, as it sent it. */
      id: z.string().optional(),
      prompt_id: promptId,
      node_errors: z.record(z.string(), z.unknown()),
    }),
  }),
  z.object({
    type: z.literal('run_rejected'),
    data: z.object({
      id: z.string().optional(),
      error: z.object({
        type: z.string(),
        message: z.string(),
        details: z.string(),
        extra_info: z.record(z.string(), z.unknown()),
      }),
      node_errors: z.record(z.string(), z.unknown()),
    }),
  }),
])

/** By what a client knows its own run before it has an id. */
export const referenceSchema = z.string().max(200)

/** Everything that the server understands as text; ComfyUI's clients send only `feature_flags`. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('feature_flags'), data: featureFlagsSchema }),
  z.object({ type: z.literal('ping') }),
  /** What was told of a run after the message of that number. */
  z.object({
    type: z.literal('resume'),
    data: z.object({ prompt_id: promptId.max(200), after: z.int().default(-1) }),
  }),
  z.object({
    type: z.literal('run'),
    data: z.object({
      workflow: z
        .unknown()
        .describe('The name of a workflow that is shipped or was saved, or a graph in the API or the UI format'),
      /** `node.parameter=value`, applied to the graph. */
      set: z.array(z.string().max(100_000)).max(1000).default([]),
      id: referenceSchema.optional(),
    }),
  }),
])

export type NodeProgress = z.infer<typeof nodeProgressSchema>
export type ExecutionMessage = z.infer<typeof executionMessageSchema>
export type ServerMessage = z.infer<typeof serverMessageSchema>
export type ClientMessage = z.infer<typeof clientMessageSchema>
export type FeatureFlags = z.infer<typeof featureFlagsSchema>

/** What a host takes: bytes of one upload or one attachment, and pixels of one picture. */
export interface Limits {
  readonly maxUpload: number
  readonly maxPixels: number
}

/** What this server offers; answered to a client's own flags and under GET /features. */
export function serverFeatures({ maxUpload, maxPixels }: Limits): FeatureFlags {
  return { supports_preview_metadata: true, max_upload_size: maxUpload, max_pixels: maxPixels }
}
