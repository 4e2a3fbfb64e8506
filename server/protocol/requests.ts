import { z } from 'zod'

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

export const viewQuerySchema = z.object({
  filename: z.string().optional(),
  type: z.string().default('output'),
  subfolder: z.string().default(''),
  preview: z.string().optional(),
  channel: z.string().optional(),
})

export type PromptRequest = z.infer<typeof promptRequestSchema>
