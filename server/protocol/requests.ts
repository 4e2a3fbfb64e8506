import { z } from 'zod'
import { JOB_STATUSES } from './jobs.ts'
import { fileReferenceSchema } from './messages.ts'

/** Bodies and query strings of the HTTP API; where ComfyUI has the route, its names (server.py). */

const priority = z
  .union([z.number(), z.string().regex(/^[+-]?\d+(\.\d+)?$/)])
  .transform(Number)
  .refine(Number.isFinite, 'expected a finite number')

/** Off unless `true` or `1` says otherwise. */
const flag = z
  .string()
  .optional()
  .transform((value) => ['true', '1'].includes((value ?? '').toLowerCase()))

/** Characters of it as JSON. */
const MOST_METADATA = 4096

/** POST /prompt. What is ours beside ComfyUI's: `workflow`, `webhook`, `metadata`, `set`. */
export const promptRequestSchema = z.looseObject({
  prompt: z.unknown().optional().describe('A graph in the API or in the UI format'),
  workflow: z
    .unknown()
    .optional()
    .describe('In place of `prompt`: the name of a workflow that is shipped or was saved, or a graph'),
  /** ComfyUI takes any value; scripts send numbers, and open their socket under the same as text. */
  client_id: z
    .union([z.string().max(1000), z.number()])
    .transform(String)
    .nullish(),
  prompt_id: z
    .string()
    .min(1)
    .max(200)
    .refine((id) => id !== '.' && id !== '..', "an address cannot hold '.' or '..'")
    .nullish()
    .describe("The caller's own id of the run"),
  front: z.union([z.boolean(), z.number()]).nullish(),
  number: priority.nullish(),
  extra_data: z.looseObject({ extra_pnginfo: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  partial_execution_targets: z.array(z.string()).nullish(),
  webhook: z.string().max(2000).nullish().describe('Where to send word of the end of the run'),
  metadata: z
    .record(z.string(), z.string())
    .refine((texts) => JSON.stringify(texts).length <= MOST_METADATA, `expected ${MOST_METADATA} characters or fewer`)
    .nullish()
    .describe('What the caller notes of the run, by name: it comes back with its result'),
  set: z
    .array(z.string().max(100_000))
    .max(1000)
    .default([])
    .describe('`node.parameter=value`, or `parameter=value` where one node has it: what is changed in the graph'),
})

const { set, prompt_id, client_id, number, webhook, metadata } = promptRequestSchema.shape

/** A field of a form that holds JSON. */
const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'expected JSON' })
    return z.NEVER
  }
})

/** POST /runs as a form, beside its files: what it says of the same names in JSON. */
export const runFormSchema = z.object({
  workflow: z
    .string('expected the name of a workflow, or a graph as JSON')
    .describe('The name of a workflow that is shipped or was saved, or a graph as JSON'),
  set,
  prompt_id,
  client_id,
  number,
  front: flag,
  webhook,
  metadata: jsonText.pipe(metadata).optional().describe('As JSON: what the caller notes of the run, by name'),
})

/** POST /queue and POST /history. */
export const listEditSchema = z.object({
  clear: z.boolean().default(false),
  delete: z.array(z.string()).default([]),
})

export const interruptRequestSchema = z.object({ prompt_id: z.string().nullish() })

export const freeRequestSchema = z.object({
  unload_models: z.boolean().default(false),
  free_memory: z.boolean().default(false),
})

const wholeNumber = z
  .string()
  .regex(/^[+-]?\d{1,9}$/, 'expected a whole number')
  .transform(Number)

/** GET /history. */
export const historyQuerySchema = z.object({
  max_items: wholeNumber.transform((count) => Math.max(0, count)).optional(),
  offset: wholeNumber.optional(),
})

/** The longest side that WebP can have. */
export const MAX_SCREEN_SIZE = 16_383

export const viewQuerySchema = z.object({
  filename: z.string().optional(),
  type: z.string().default('output'),
  subfolder: z.string().default(''),
  preview: z.string().optional(),
  channel: z.string().optional(),
  /** Ours: the picture for a screen, neither side longer than this. */
  size: z.coerce.number().int().min(16).max(MAX_SCREEN_SIZE).optional(),
})

/** GET /picture/tile: a tile of 512 × 512 pixels; level 0 is the whole size, each further one half of it. */
export const tileQuerySchema = viewQuerySchema.extend({
  level: z.coerce.number().int().min(0).max(30),
  column: z.coerce.number().int().min(0),
  row: z.coerce.number().int().min(0),
  /** What GET /picture said; lets browsers keep the tile without asking. */
  version: z.string().optional(),
})

/** On unless `false` says otherwise, as ComfyUI reads it. */
const flagOn = z
  .string()
  .optional()
  .transform((value) => value?.toLowerCase() !== 'false')

/** GET /userdata. */
export const userdataQuerySchema = z.object({
  dir: z.string().default(''),
  recurse: flag,
  full_info: flag,
  split: flag,
})

/** GET /v2/userdata. */
export const entriesQuerySchema = z.object({ path: z.string().default('') })

/** POST /userdata/{file} and /userdata/{file}/move/{to}: a file that is there is replaced, unless that is forbidden. */
export const writeQuerySchema = z.object({ overwrite: flagOn, full_info: flag })

/** POST /users. */
export const userRequestSchema = z.object({ username: z.string().trim().min(1).max(200) })

/** PATCH /internal/logs/subscribe. */
export const logSubscriptionSchema = z.object({
  clientId: z.string().min(1).max(1000),
  enabled: z.boolean().default(true),
})

/** GET /api/jobs. */
export const jobsQuerySchema = z.object({
  status: z
    .string()
    .default('')
    .transform((value) => value.split(',').filter((one) => one !== ''))
    .pipe(z.array(z.enum(JOB_STATUSES))),
  workflow_id: z.string().optional(),
  sort_by: z.enum(['created_at', 'execution_duration', 'priority']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
})

/** POST /api/jobs/cancel. */
export const cancelRequestSchema = z.object({ job_ids: z.array(z.string().min(1).max(200)).min(1).max(10_000) })

/** A content by its hash. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')

/** What a picture is called that is kept. */
const pictureName = z.string().min(1).max(200)

/** POST /api/files/known; with a name, what is here is an input of that name from then on. */
export const knownRequestSchema = z.object({ sha256: z.array(sha256Schema).max(100), name: pictureName.optional() })

/** Files in a ZIP; more than 65,534 would need another form of its directory, which not every program reads. */
export const MOST_ZIPPED = 50_000

/** POST /api/files/zip: files, with the names that they shall have, and runs, whose results are meant. */
export const zipRequestSchema = z.object({
  files: z
    .array(
      z.object({
        filename: z.string().min(1).max(1000),
        subfolder: z.string().max(1000).default(''),
        type: fileReferenceSchema.shape.type.default('output'),
        name: z.string().min(1).max(1000).optional(),
      }),
    )
    .max(MOST_ZIPPED)
    .default([]),
  runs: z.array(z.string().min(1).max(200)).max(10_000).default([]),
  name: z.string().min(1).max(200).default('results.zip'),
})

/** The number of a message of a run. */
export const sequenceSchema = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)

/** PUT /api/files/{sha256}: the name to keep it under. */
export const fileQuerySchema = z.object({ name: pictureName.default('picture.png') })

/** POST /runs: how long to wait for the result, and how the pictures come. */
export const runQuerySchema = z.object({
  wait: z.coerce.number().min(0).max(3600).default(0).describe('Seconds to wait for the end of the run'),
  inline: z
    .enum(['true', '1', 'false', '0', ''], "expected 'true' or 'false'")
    .default('false')
    .transform((value) => value === 'true' || value === '1')
    .describe('`true`: the pictures come in the answer, as base64'),
  output: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('The id, title or class of a node: its picture is the answer; with `Accept: image/*` the first one is'),
})

export type RunQuery = z.infer<typeof runQuerySchema>
export type PromptRequest = z.infer<typeof promptRequestSchema>
