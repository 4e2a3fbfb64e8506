import type { Entry } from './entry.ts'
import { nameUuid } from './name-uuid.ts'
import type { WorkflowNode } from './workflow.ts'

interface Socket {
  readonly name: string
  readonly type: string
}

/** ComfyUI's ids of a subgraph's boundary, as numbers. */
export const INPUTS = -10
export const OUTPUTS = -20

/** A link, by the ids of its nodes and the indices of their sockets. */
export interface End {
  readonly from: number
  readonly output: number
  readonly to: number
  readonly input: number
  readonly type: string
}

/** What a group becomes a subgraph of. */
interface Parts {
  readonly inputs: readonly Socket[]
  readonly outputs: readonly Socket[]
  readonly nodes: readonly {
    readonly node: WorkflowNode
    /** As the file has it. */
    readonly entry: Entry
    readonly inputs: readonly (Socket & { readonly rest: Entry })[]
  }[]
}

/** A subgraph as an entry of `definitions.subgraphs`, in ComfyUI's form and order. */
export function groupEntry(id: string, name: string, ends: readonly End[], parts: Parts): Entry {
  const links = ends.map(({ from, output, to, input, type }, i) => ({
    id: i + 1,
    origin_id: from,
    origin_slot: output,
    target_id: to,
    target_slot: input,
    type,
  }))
  const outOf = new Map<string, number[]>()
  const into = new Map<string, number>()
  for (const link of links) {
    const from = `${link.origin_id}:${link.origin_slot}`
    const ids = outOf.get(from)
    if (ids === undefined) outOf.set(from, [link.id])
    else ids.push(link.id)
    into.set(`${link.target_id}:${link.target_slot}`, link.id)
  }
  const socket = (kind: string, { name, type }: Socket, i: number, linkIds: readonly number[]) => ({
    id: nameUuid(`${id} ${kind} ${i}`),
    name,
    type,
    linkIds,
  })
  const nodes = parts.nodes.map(({ node, entry: { index: _, ...entry }, inputs }) => ({
    ...entry,
    id: node.id,
    pos: node.pos,
    size: node.size,
    inputs: inputs.map(({ name, type, rest }, slot) => ({
      ...rest,
      name,
      type,
      link: into.get(`${node.id}:${slot}`) ?? null,
    })),
    outputs: (Array.isArray(entry.outputs) ? entry.outputs : []).map((output: unknown, slot) => ({
      ...(output as object),
      links: outOf.get(`${node.id}:${slot}`) ?? [],
    })),
  }))
  const left = nodes.reduce((least, { pos }) => Math.min(least, pos[0]), 0)
  const top = nodes.reduce((least, { pos }) => Math.min(least, pos[1]), 0)
  const right = nodes.reduce((most, { pos, size }) => Math.max(most, pos[0] + size[0]), 0)
  return {
    id,
    version: 1,
    state: { lastGroupId: 0, lastNodeId: Number(nodes.at(-1)?.id ?? 0), lastLinkId: links.length, lastRerouteId: 0 },
    revision: 0,
    config: {},
    name,
    inputNode: { id: INPUTS, bounding: [left - 220, top, 120, 60] },
    outputNode: { id: OUTPUTS, bounding: [right + 100, top, 120, 60] },
    inputs: parts.inputs.map((input, i) => socket('input', input, i, outOf.get(`${INPUTS}:${i}`) ?? [])),
    outputs: parts.outputs.map((output, i) => socket('output', output, i, [into.get(`${OUTPUTS}:${i}`) ?? 0])),
    widgets: [],
    nodes,
    groups: [],
    links,
    extra: {},
  }
}
