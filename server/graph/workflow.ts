import { z } from 'zod'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { entryOf } from './entry.ts'
import { MAX_COORDINATE, MAX_NODES, MAX_SOCKETS } from './limits.ts'

/**
 * A workflow file in ComfyUI's UI format (the frame that litegraph 0.4 writes, and schema version 1), read strictly
 * where we use it and kept as it is everywhere else, so that saving loses nothing.
 */
export interface Workflow {
  readonly nodes: readonly WorkflowNode[]
  readonly links: readonly WorkflowLink[]
  readonly groups: readonly WorkflowGroup[]
  /** Every top-level field that is none of the above, untouched. */
  readonly rest: Readonly<Record<string, unknown>>
}

export interface WorkflowNode {
  readonly id: number | string
  readonly type: string
  readonly pos: readonly [number, number]
  readonly size: readonly [number, number]
  /** One of `NODE_MODES`; others mean `always`. */
  readonly mode: number
  readonly title?: string
  readonly inputs: readonly WorkflowInput[]
  readonly outputs: readonly WorkflowOutput[]
  readonly properties: Readonly<Record<string, unknown>>
  /** By position (ComfyUI) or by name. */
  readonly widgetsValues: readonly unknown[] | Readonly<Record<string, unknown>>
  /** Every other field of the node, untouched: flags, order, colours, what we do not know. */
  readonly rest: Readonly<Record<string, unknown>>
}

/** ComfyUI's numbers. A muted node does not run; a bypassed one hands its input on. */
export const NODE_MODES = { always: 0, muted: 2, bypassed: 4 } as const

/** Whether a node does not run itself. */
export function isOff({ mode }: { readonly mode: number }): boolean {
  return mode === NODE_MODES.muted || mode === NODE_MODES.bypassed
}

export interface WorkflowInput {
  readonly name: string
  readonly type: string
  readonly link: number | null
  readonly rest: Readonly<Record<string, unknown>>
}

export interface WorkflowOutput {
  readonly name: string
  readonly type: string
  readonly rest: Readonly<Record<string, unknown>>
}

export interface WorkflowLink {
  readonly id: number
  readonly from: number | string
  readonly fromSlot: number
  readonly to: number | string
  readonly toSlot: number
  readonly type: string
}

export interface WorkflowGroup {
  readonly title: string
  readonly bounding: readonly [number, number, number, number]
  readonly rest: Readonly<Record<string, unknown>>
}

const MAX_LINKS = 100_000
const MAX_DEPTH = 64
/** Some nodes keep a picture as base64 in a field. */
const MAX_STRING = 10_000_000

const coordinate = z.number().min(-MAX_COORDINATE).max(MAX_COORDINATE)
/** `[x, y]`, or `{"0": x, "1": y}` as a Float32Array goes through JSON. */
export const pointSchema = z
  .union([
    z.array(coordinate).min(2),
    z.looseObject({ 0: coordinate, 1: coordinate }).transform((at) => [at[0], at[1]] as number[]),
  ])
  .transform(([x, y]): [number, number] => [x ?? 0, y ?? 0])
const nodeId = z.union([z.int(), z.string().max(200)])
const slot = z.coerce.number().int().min(0).max(10_000)
const linkId = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
/** Types occur as text, numbers (litegraph events) and lists of alternatives. */
const socketType = z
  .union([z.string().max(2000), z.number(), z.array(z.union([z.string(), z.number()]))])
  .transform((type) => (Array.isArray(type) ? type.join(',') : String(type)))

const inputSchema = z.looseObject({
  name: z.string().max(2000),
  type: socketType.default('*'),
  link: linkId.nullish().transform((link) => link ?? null),
})
const outputSchema = z.looseObject({ name: z.string().max(2000).default(''), type: socketType.default('*') })
const nodeSchema = z.looseObject({
  id: nodeId,
  type: z.string().min(1).max(2000),
  pos: pointSchema.default([0, 0]),
  size: pointSchema.default([210, 60]),
  mode: z.int().default(0),
  title: z.string().max(10_000).optional(),
  inputs: z.array(inputSchema).max(MAX_SOCKETS).nullish(),
  outputs: z.array(outputSchema).max(MAX_SOCKETS).nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
  widgets_values: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).nullish(),
})
const linkSchema = z.union([
  z
    .tuple([linkId, nodeId, slot, nodeId, slot])
    .rest(z.unknown())
    .transform(([id, from, fromSlot, to, toSlot, type]) => ({ id, from, fromSlot, to, toSlot, type })),
  z
    .looseObject({ id: linkId, origin_id: nodeId, origin_slot: slot, target_id: nodeId, target_slot: slot })
    .transform((link) => ({
      id: link.id,
      from: link.origin_id,
      fromSlot: link.origin_slot,
      to: link.target_id,
      toSlot: link.target_slot,
      type: link.type,
    })),
])
const groupSchema = z.looseObject({
  title: z.string().max(10_000).default('Group'),
  bounding: z
    .array(coordinate)
    .min(4)
    .transform(([x, y, w, h]): [number, number, number, number] => [x ?? 0, y ?? 0, w ?? 0, h ?? 0]),
})
const workflowSchema = z.looseObject({
  nodes: z.array(nodeSchema).max(MAX_NODES),
  links: z.array(linkSchema.nullable()).max(MAX_LINKS).nullish(),
  groups: z.array(groupSchema).max(MAX_NODES).nullish(),
})

/** The type of a socket as text; `*` for what is none. */
export function socketTypeOf(type: unknown): string {
  return socketType.catch('*').parse(type)
}

/** Whether a parsed JSON value is a graph in the UI format (else it may be one in the API format). */
export function isWorkflow(json: unknown): boolean {
  return Array.isArray(entryOf(json)?.nodes)
}

/** Whether an input stands for a widget that has become a socket. */
export function isWidget({ rest }: WorkflowInput): boolean {
  return entryOf(rest.widget) !== undefined
}

/**
 * Reads a workflow file that may come from anywhere.
 * @throws RestorationError `workflow_invalid`, naming the place in the file
 */
export function parseWorkflow(json: unknown): Workflow {
  refuseCrowds(json)
  refuseHostile(json)
  const parsed = workflowSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const place = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.')
    throw invalid(`The workflow cannot be read: at ${place}: ${issue?.message ?? 'not a workflow'}.`)
  }
  const { nodes, links: listed, groups, ...rest } = parsed.data
  const links = (listed ?? []).flatMap((link) => (link === null ? [] : [{ ...link, type: socketTypeOf(link.type) }]))
  return {
    nodes: withOwnLinks(withOwnIds(nodes.map(toNode)), links),
    links,
    groups: (groups ?? []).map(({ title, bounding, ...other }) => ({ title, bounding, rest: other })),
    rest,
  }
}

/** Two nodes of one id have been seen in files; as in ComfyUI's editor the second gets another, and links mean the first. */
function withOwnIds(nodes: readonly WorkflowNode[]): readonly WorkflowNode[] {
  const taken = new Set(nodes.map(({ id }) => String(id)))
  if (taken.size === nodes.length) return nodes
  const seen = new Set<string>()
  let last = Math.max(0, ...nodes.map(({ id }) => Number(id)).filter((id) => Number.isInteger(id) && id < 2 ** 31))
  return nodes.map((node) => {
    const isFirst = !seen.has(String(node.id))
    seen.add(String(node.id))
    return isFirst ? node : { ...node, id: ++last }
  })
}

/** An input may name a link that leads to another node: its own is gone, and the number was given again. */
function withOwnLinks(nodes: readonly WorkflowNode[], links: readonly WorkflowLink[]): readonly WorkflowNode[] {
  const targets = new Map<number, Set<string>>()
  for (const { id, to } of links) targets.set(id, (targets.get(id) ?? new Set()).add(String(to)))
  return nodes.map((node) => {
    const isElsewhere = ({ link }: WorkflowInput) => link !== null && targets.get(link)?.has(String(node.id)) === false
    if (!node.inputs.some(isElsewhere)) return node
    return { ...node, inputs: node.inputs.map((input) => (isElsewhere(input) ? { ...input, link: null } : input)) }
  })
}

function toNode(node: z.output<typeof nodeSchema>): WorkflowNode {
  const { id, type, pos, size, mode, title, inputs, outputs, properties, widgets_values, ...rest } = node
  return {
    id,
    type,
    pos,
    size,
    mode,
    ...(title === undefined ? {} : { title }),
    inputs: (inputs ?? []).map(({ name, type, link, ...other }) => ({ name, type, link, rest: other })),
    outputs: (outputs ?? []).map(({ name, type, ...other }) => ({ name, type, rest: other })),
    properties: properties ?? {},
    widgetsValues: widgets_values ?? [],
    rest,
  }
}

/** Refuses lists that are too long before their entries are looked at. */
function refuseCrowds(json: unknown): void {
  for (const [key, most] of [
    ['nodes', MAX_NODES],
    ['links', MAX_LINKS],
    ['groups', MAX_NODES],
  ] as const) {
    const list = entryOf(json)?.[key]
    if (Array.isArray(list) && list.length > most) {
      throw invalid(`The workflow has ${list.length} ${key}; at most ${most} are read.`)
    }
  }
}

/** Refuses what no honest file has: prototype keys, endless nesting, endless strings. Iterative, linear. */
function refuseHostile(json: unknown): void {
  const stack: { value: unknown; depth: number }[] = [{ value: json, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, depth } = next
    if (typeof value === 'string' && value.length > MAX_STRING) {
      throw invalid(`The workflow holds a text of ${value.length} characters; at most ${MAX_STRING} are read.`)
    }
    if (typeof value !== 'object' || value === null) continue
    if (depth > MAX_DEPTH) throw invalid(`The workflow is nested deeper than ${MAX_DEPTH} levels.`)
    for (const key of Object.keys(value)) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
        throw invalid(`The workflow holds the key '${key}', which no workflow needs.`)
      }
      stack.push({ value: (value as Record<string, unknown>)[key], depth: depth + 1 })
    }
  }
}

function invalid(message: string): RestorationError {
  return new RestorationError('workflow_invalid', message, 'Open a workflow file that ComfyUI or this editor saved.')
}
