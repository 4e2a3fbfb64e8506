import { z } from 'zod'
import { JOB_STATUSES } from './jobs.ts'

/** Bodies and query strings of the HTTP API; where ComfyUI has the route, its names (server.py). */

const priority = z.union([z.number(), z.string().regex(/^[+-]?\d+(\.\d+)?$/)]).transform(Number)

/** POST /prompt. `prompt` may be a graph in the API or in the UI format. */
export const promptRequestSchema = z.looseObject({
  prompt: z.unknown().optional(),
  client_id: z.string().max(1000).optional(),
  prompt_id: z.string().min(1).max(200).nullish(),
  front: z.boolean().optional(),
  number: priority.optional(),
  extra_data: z.looseObject({ extra_pnginfo: z.record(z.string(), z.unknown()).nullish() }).optional(),
  partial_execution_targets: z.array(z.string()).nullish(),
  /** Ours: `node.parameter=value`, applied to the graph. */
  set: z.array(z.string().max(100_000)).max(1000).default([]),
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

export const historyQuerySchema = z.object({
  max_items: z.coerce.number().int().min(0).optional(),
  offset: z.coerce.number().int().optional(),
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

/** `true` and `1`; anything else, and nothing, is the other. */
const flag = (byDefault: boolean) =>
  z
    .string()
    .optional()
    .transform((value) => (value === undefined ? byDefault : ['true', '1'].includes(value.toLowerCase())))

/** GET /userdata. */
export const userdataQuerySchema = z.object({
  dir: z.string().default(''),
  recurse: flag(false),
  full_info: flag(false),
  split: flag(false),
})

/** POST /userdata/{file}: a file that is there is replaced, unless that is forbidden. */
export const writeQuerySchema = z.object({ overwrite: flag(true), full_info: flag(false) })

/** POST /userdata/{file}/move/{to}: a file that is there stays, unless it may be replaced. */
export const moveQuerySchema = z.object({ overwrite: flag(false), full_info: flag(false) })

/** GET /api/jobs. */
export const jobsQuerySchema = z.object({
  status: z
    .string()
    .default('')
    .transform((value) => value.split(',').filter((one) => one !== ''))
    .pipe(z.array(z.enum(JOB_STATUSES))),
  workflow_id: z.string().optional(),
  sort_by: z.enum(['created_at', 'execution_duration']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  offset: z.coerce.number().int().min(0).default(0),
})

/** POST /runs: how many seconds to wait for the result, and whether the pictures come with the answer. */
export const runQuerySchema = z.object({
  wait: z.coerce.number().min(0).max(3600).default(0),
  inline: flag(false),
})

export type PromptRequest = z.infer<typeof promptRequestSchema>
