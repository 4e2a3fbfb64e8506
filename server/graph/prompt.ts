import { z } from 'zod'

/** A link in the API format: [id of the node it comes from, index of its output]. */
export type Link = readonly [string, number]

/** One node of ComfyUI's API format. */
export interface PromptNode {
  readonly class_type: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly _meta?: { readonly title?: string | undefined } | undefined
}

/** A graph in ComfyUI's API format: node id to node. */
export type Prompt = Readonly<Record<string, PromptNode>>

/** A link is a pair of a node id (always a string) and an output index; anything else is a constant. */
export function isLink(value: unknown): value is Link {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && Number.isInteger(value[1])
}

export const promptNodeSchema = z.object({
  class_type: z.string().max(1000),
  inputs: z.record(z.string(), z.unknown()).default({}),
  _meta: z.object({ title: z.string().optional() }).optional().catch(undefined),
})
