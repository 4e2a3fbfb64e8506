import { canConnect } from '../../server/graph/link-types.ts'
import type { Change } from './change.ts'
import { freeLinkId, type Graph, type GraphLink, type GraphNode, linkInto } from './graph.ts'

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
export function connect(graph: Graph, wish: Wish): Connection {
  const judged = judge(graph.nodes, wish)
  if (!judged.ok) return judged
  if (wish.from === wish.to) return refuse('A node cannot feed itself.')
  if (reaches(graph, wish.to, wish.from)) {
    const [from, to] = [wish.from, wish.to].map((id) => nameOf(graph.nodes.get(id)))
    return refuse(`This link would make a circle: ${from} already depends on ${to}.`)
  }
  const present = linkInto(graph, wish.to, wish.input)
  if (present !== undefined && present.from === wish.from && present.output === wish.output) {
    return { ok: true, changes: [] }
  }
  return {
    ok: true,
    changes: [
      ...(present === undefined ? [] : [{ kind: 'remove-link', link: present } as const]),
      { kind: 'add-link', link: { id: freeLinkId(graph), ...wish, type: judged.type } },
    ],
  }
}

/** Whether both ends exist and their types agree; the type that flows. */
export function judge(
  nodes: Graph['nodes'],
  wish: Wish,
): { readonly ok: true; readonly type: string } | { readonly ok: false; readonly reason: string } {
  const from = nodes.get(wish.from)
  const to = nodes.get(wish.to)
  const output = from?.outputs[wish.output]
  const input = to?.inputs.find(({ name }) => name === wish.input)
  if (output === undefined || input === undefined) return refuse('One end of this link does not exist.')
  if (canConnect(output.type, input.type)) return { ok: true, type: output.type }
  return refuse(
    `‘${input.name}’ of ${nameOf(to)} takes ${input.type}, but ‘${output.name}’ of ${nameOf(from)} gives ${output.type}.`,
  )
}

/** Links that close a circle, found by one walk over the graph (depth first, without recursion). */
export function circularLinks(graph: Graph): GraphLink[] {
  const outgoing = linksBySource(graph)
  const state = new Map<string, 'open' | 'done'>()
  const circular: GraphLink[] = []
  for (const root of graph.nodes.keys()) {
    const stack = [{ node: root, next: 0 }]
    if (state.has(root)) continue
    state.set(root, 'open')
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const link = outgoing.get(top.node)?.[top.next++]
      if (link === undefined) {
        state.set(top.node, 'done')
        stack.pop()
      } else if (state.get(link.to) === 'open') {
        circular.push(link)
      } else if (!state.has(link.to)) {
        state.set(link.to, 'open')
        stack.push({ node: link.to, next: 0 })
      }
    }
  }
  return circular
}

/** Whether the output of `start` arrives, through any nodes, at `goal`; a node reaches itself. */
function reaches(graph: Graph, start: string, goal: string): boolean {
  const outgoing = linksBySource(graph)
  const seen = new Set<string>([start])
  for (const node of seen) {
    if (node === goal) return true
    for (const link of outgoing.get(node) ?? []) seen.add(link.to)
  }
  return false
}

function linksBySource(graph: Graph): Map<string, GraphLink[]> {
  const outgoing = new Map<string, GraphLink[]>()
  for (const link of graph.links.values()) {
    const links = outgoing.get(link.from)
    if (links === undefined) outgoing.set(link.from, [link])
    else links.push(link)
  }
  return outgoing
}

function nameOf(node: GraphNode | undefined): string {
  return node?.title ?? node?.type ?? 'a missing node'
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
