import { z } from 'zod'
import { JOB_STATUSES } from './jobs.ts'
import { fileReferenceSchema, nodeOutputSchema } from './messages.ts'

/** Answers of the HTTP API, for its description and for clients; ComfyUI's are loose, since its clients add to them. */

export const nothingSchema = z.object({})

export const queueInfoSchema = z.object({ exec_info: z.object({ queue_remaining: z.int() }) })

/** A graph in the API format. */
export const graphSchema = z.record(
  z.string(),
  z.looseObject({ class_type: z.string(), inputs: z.record(z.string(), z.unknown()) }),
)

/** number, id, graph, extra data, output nodes */
export const queueItemSchema = z.tuple([
  z.number(),
  z.string(),
  graphSchema,
  z.record(z.string(), z.unknown()),
  z.array(z.string()),
])

export const queueSchema = z.object({
  queue_running: z.array(queueItemSchema),
  queue_pending: z.array(queueItemSchema),
})

const problemSchema = z.object({
  type: z.string(),
  message: z.string(),
  details: z.string(),
  extra_info: z.record(z.string(), z.unknown()),
})

/** By node: what is wrong with it, and which outputs cannot run because of that. */
export const nodeErrorsSchema = z.record(
  z.string(),
  z.object({
    errors: z.array(problemSchema),
    dependent_outputs: z.array(z.string()),
    class_type: z.string(),
  }),
)

export const refusalSchema = z.object({ error: problemSchema, node_errors: nodeErrorsSchema })

export const acceptedSchema = z.object({ prompt_id: z.string(), number: z.number(), node_errors: nodeErrorsSchema })

/** Milliseconds: how long a run waited, how long it ran, and how long each of its nodes took. */
export const timesSchema = z.object({
  queued: z.number().nullable(),
  run: z.number().nullable(),
  nodes: z.record(z.string(), z.number()),
})

const statusSchema = z.object({
  status_str: z.enum(['success', 'error']),
  completed: z.boolean(),
  messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
})

export const recordSchema = z.looseObject({
  prompt: queueItemSchema,
  outputs: z.record(z.string(), nodeOutputSchema),
  status: statusSchema,
  meta: z.record(z.string(), z.looseObject({ node_id: z.string() })),
  /** Ours: milliseconds that each node took; those that were cached are not in it. */
  node_times: z.record(z.string(), z.number()).optional(),
})

export const historySchema = z.record(z.string(), recordSchema)

export const jobSchema = z.looseObject({
  id: z.string(),
  status: z.enum(JOB_STATUSES),
  priority: z.number(),
  /** Milliseconds since 1970, as all times of a job. */
  create_time: z.number(),
  execution_start_time: z.number().optional(),
  execution_end_time: z.number().optional(),
  execution_error: z.record(z.string(), z.unknown()).optional(),
  outputs_count: z.int(),
  previewable_outputs_count: z.int(),
  preview_output: z.looseObject(fileReferenceSchema.shape).optional(),
  workflow_id: z.string().optional(),
})

/** When a run that has not ended will start and end, in milliseconds from now; from how long such nodes took before. */
export const etaSchema = z.object({ start: z.number(), end: z.number() })

/** What a client noted of its run. */
const metadataSchema = z.record(z.string(), z.unknown())

export const wholeJobSchema = z.looseObject({
  ...jobSchema.shape,
  outputs: z.record(z.string(), nodeOutputSchema),
  execution_status: statusSchema.nullable(),
  workflow: z.object({ prompt: graphSchema, extra_data: z.record(z.string(), z.unknown()) }),
  times: timesSchema,
  metadata: metadataSchema.optional(),
  /** Absent once it has ended, and while nothing is known of its nodes. */
  eta: etaSchema.optional(),
})

export const jobsSchema = z.object({
  jobs: z.array(jobSchema),
  pagination: z.object({ offset: z.int(), limit: z.int(), total: z.int(), has_more: z.boolean() }),
})

export const cancelledSchema = z.object({ cancelled: z.boolean() })

export const uploadedSchema = z.object({
  name: z.string(),
  subfolder: z.string(),
  type: z.enum(['input', 'output', 'temp']),
})

/** A file by its content. */
export const knownFileSchema = z.object({
  sha256: z.string(),
  size: z.int(),
  ...fileReferenceSchema.shape,
  /** What LoadImage calls it. */
  input: z.string(),
})

export const knownFilesSchema = z.object({ files: z.array(knownFileSchema) })

const omissionSchema = z.enum(['missing', 'too_large'])

/** Why a picture does not come with the answer that was asked to have it. */
export type Omission = z.infer<typeof omissionSchema>

/** What POST /runs answers. */
export const runSchema = z.object({
  id: z.string(),
  status: z.enum(JOB_STATUSES),
  outputs: z.array(
    z.object({
      node: z.string(),
      ...fileReferenceSchema.shape,
      url: z.string(),
      sha256: z.string().optional(),
      /** With `inline`: the media type, and the file in base64. */
      format: z.string().optional(),
      data: z.string().optional(),
      /** With `inline`, in their place. */
      omitted: omissionSchema.optional(),
    }),
  ),
  error: z.record(z.string(), z.unknown()).optional(),
  times: timesSchema,
  metadata: metadataSchema.optional(),
  eta: etaSchema.optional(),
  node_errors: nodeErrorsSchema,
})

export const userFileSchema = z.object({
  path: z.string(),
  size: z.int(),
  modified: z.int(),
  created: z.int(),
})

export const userEntrySchema = z.object({
  name: z.string(),
  path: z.string(),
  type: z.enum(['file', 'directory']),
  size: z.int().optional(),
  /** Seconds since 1970. */
  modified: z.number().optional(),
})

export const systemStatsSchema = z.object({
  system: z.looseObject({ os: z.string(), ram_total: z.number(), ram_free: z.number(), comfyui_version: z.string() }),
  devices: z.array(z.looseObject({ name: z.string(), type: z.string(), index: z.int(), reason: z.string() })),
})

/**
 * Whether runs can be executed, and why not: the runner is being started, the disk has no room for what they make, or the
 * host is being stopped.
 */
export const healthSchema = z.object({ status: z.enum(['ready', 'starting', 'disk_full', 'stopping']) })

export const logSchema = z.object({
  entries: z.array(z.object({ t: z.string(), m: z.string() })),
  size: z.object({ cols: z.int(), rows: z.int() }),
})

export const movedSchema = z.object({ moved: z.boolean() })

/** Sizes are those of the upright picture; one with levels comes in tiles, level 0 in its whole size. */
export const pictureSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  /** png, jpeg, webp, tiff, … */
  format: z.string(),
  channels: z.int(),
  /** Of a sample. */
  bits: z.int(),
  hasAlpha: z.boolean(),
  /** Whether its colours may lie outside of sRGB; its tiles then come in Display P3. */
  isWide: z.boolean(),
  levels: z.int().min(0).max(31),
  /** Side of a tile in pixels. */
  tile: z.int().positive(),
  /** Another text for each state of the file. */
  version: z.string(),
})

export const templateSchema = z.object({
  name: z.string(),
  title: z.string(),
  summary: z.string(),
  hasPicture: z.boolean(),
})
