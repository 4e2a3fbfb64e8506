import type { Catalogue } from '../../server/graph/catalogue.ts'
import { canConnect } from '../../server/graph/link-types.ts'
import { PRIMITIVE, REROUTE } from '../../server/graph/virtual-nodes.ts'
import type { Change, LevelChange } from './change.ts'
import { closesCircle } from './circles.ts'
import { freeLinkId, type Graph, type GraphLink, linkInto, waypoints } from './graph.ts'
import { parameterAt, titleOf } from './virtual-types.ts'

/** One end of a wish to connect: an output by index, an input by name. */
export interface Wish {
  readonly from: string
  readonly output: number
  readonly to: string
  readonly input: string
}

export type Connection =
  | { readonly ok: true; readonly changes: readonly Change[] }
  | { readonly ok: false; readonly reason: string }

/** The changes that make a link, the one that was in its way removed; or why it cannot be. */
export function connect(graph: Graph, wish: Wish, types: Catalogue = new Map()): Connection {
  const judged = judge(graph, wish, types, flowingType(graph, wish.from, wish.output))
  if (!judged.ok) return refuse(judged.reason)
  if (wish.from === wish.to) return refuse('A node cannot feed itself.')
  if (closesCircle(graph, wish)) {
    const [from, to] = [wish.from, wish.to].map((id) => nameOf(graph, id, types))
    return refuse(`This link would make a circle: ${from} already depends on ${to}.`)
  }
  const beyond = judgeBeyond(graph, wish, judged.type, types)
  if (beyond !== undefined) return beyond
  const parameter = parameterAt(graph, wish.to, wish.input, types)
  const primitive = graph.nodes.get(wish.from)
  if (primitive?.type === PRIMITIVE && types.size > 0) {
    if (parameter === undefined) return refuse('A primitive holds one value: link it to a field.')
    const shaped = primitiveKind(graph, primitive.id, types)
    if (shaped !== undefined && shaped !== parameter.kind) {
      return refuse(`This primitive gives ${shaped}, but ‘${wish.input}’ takes ${parameter.kind}.`)
    }
  }
  const present = linkInto(graph, wish.to, wish.input)
  if (present !== undefined && present.from === wish.from && present.output === wish.output) {
    return { ok: true, changes: [] }
  }
  const isFirst = primitive?.type === PRIMITIVE && ![...graph.links.values()].some(({ from }) => from === wish.from)
  return {
    ok: true,
    changes: [
      ...(present === undefined ? [] : removeLinks(graph, [present])),
      { kind: 'add-link', link: { id: freeLinkId(graph), ...wish, type: judged.type } },
      // A fresh primitive takes over the value that the field had.
      ...(isFirst && primitive !== undefined && parameter !== undefined
        ? [
            {
              kind: 'change-node',
              before: primitive,
              after: { ...primitive, params: { value: graph.nodes.get(wish.to)?.params[wish.input] } },
            } as const,
          ]
        : []),
    ],
  }
}

/** Links go with the reroutes that only they ran through. */
export function removeLinks(graph: Graph, links: readonly GraphLink[]): LevelChange[] {
  if (links.length === 0) return []
  const gone = new Set(links.map(({ id }) => id))
  const left = new Set(links.flatMap((link) => waypoints(graph, link)))
  if (left.size > 0) {
    for (const link of graph.links.values()) {
      if (!gone.has(link.id)) for (const reroute of waypoints(graph, link)) left.delete(reroute)
    }
  }
  return [
    ...links.map((link) => ({ kind: 'remove-link', link }) as const),
    ...[...left].map((reroute) => ({ kind: 'remove-reroute', reroute }) as const),
  ]
}

type Judgement =
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly why: 'missing' | 'type'; readonly reason: string }

/** Whether both ends exist and their types agree; the type that flows. */
export function judge(graph: Graph, wish: Wish, types: Catalogue, flowing?: string): Judgement {
  const from = graph.nodes.get(wish.from)
  const to = graph.nodes.get(wish.to)
  const output = from?.outputs[wish.output]
  const input = to?.inputs.find(({ name }) => name === wish.input)
  if (output === undefined || input === undefined) {
    return { ok: false, why: 'missing', reason: 'One end of this link does not exist.' }
  }
  const type = flowing ?? output.type
  if (canConnect(type, input.type)) return { ok: true, type }
  const [giver, taker] = [wish.from, wish.to].map((id) => nameOf(graph, id, types))
  const reason = `‘${input.label ?? input.name}’ of ${taker} takes ${input.type}, but ‘${output.label ?? output.name}’ of ${giver} gives ${type}.`
  return { ok: false, why: 'type', reason }
}

/** The type that an output gives; a reroute gives what comes in. */
export function flowingType(graph: Graph, from: string, output: number): string {
  const origin = originOf(graph, from, output)
  return graph.nodes.get(origin.from)?.outputs[origin.output]?.type ?? '*'
}

/** The output behind an output: a reroute's is that of what feeds it, and its own where nothing does. */
export function originOf(graph: Graph, from: string, output: number): Pick<GraphLink, 'from' | 'output'> {
  const seen = new Set<string>()
  let origin: Pick<GraphLink, 'from' | 'output'> = { from, output }
  for (;;) {
    const node = graph.nodes.get(origin.from)
    const isPassing = node?.type === REROUTE && !seen.has(node.id)
    const source = isPassing ? linkInto(graph, node.id, node.inputs[0]?.name ?? '') : undefined
    if (source === undefined) return origin
    seen.add(origin.from)
    origin = source
  }
}

/** What a reroute feeds must take what comes into it. */
function judgeBeyond(graph: Graph, { to }: Wish, type: string, types: Catalogue): Connection | undefined {
  const reroutes = new Set([to])
  for (const id of reroutes) {
    if (graph.nodes.get(id)?.type !== REROUTE) continue
    for (const link of graph.links.values()) {
      if (link.from !== id) continue
      const judged = judge(graph, link, types, type)
      if (!judged.ok) return refuse(judged.reason)
      reroutes.add(link.to)
    }
  }
  return undefined
}

function primitiveKind(graph: Graph, id: string, types: Catalogue): string | undefined {
  for (const link of graph.links.values()) {
    const parameter = link.from === id ? parameterAt(graph, link.to, link.input, types) : undefined
    if (parameter !== undefined) return parameter.kind
  }
  return undefined
}

function nameOf(graph: Graph, id: string, types: Catalogue): string {
  const node = graph.nodes.get(id)
  return node === undefined ? 'a missing node' : titleOf(graph, node, types)
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
