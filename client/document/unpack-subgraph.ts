import { fieldFor } from '../../server/graph/subgraph-fields.ts'
import { inputsOf } from './boundary.ts'
import type { Change } from './change.ts'
import { insertGraph, removeNodes, reroutesOf } from './edits.ts'
import { BOUNDARY, freeNumber, type Graph, type GraphLink, type GraphNode, isBoundary, linkInto } from './graph.ts'
import { instancesOf } from './instances.ts'
import { promotedBy } from './virtual-types.ts'

/** Puts the inside of a subgraph in the place of a node that is made of it; the subgraph goes with its last node. */
export function unpackSubgraph(
  graph: Graph,
  whole: Graph,
  id: string,
): { changes: Change[]; ids: string[] } | undefined {
  const node = graph.nodes.get(id)
  const definition = graph.definitions.get(node?.type ?? '')
  if (node === undefined || definition === undefined) return undefined
  const { changes: inserted, ids } = insertGraph(graph, contentOf(definition), node.position)
  const inside = [...definition.nodes.values()].filter((inner) => !isBoundary(inner))
  const opened: Opened = { graph, node, definition, ids: new Map(inside.map((inner, i) => [inner.id, ids[i]!])) }
  const taken = new Map(graph.links)
  const nodes = new Map<string, GraphNode>()
  for (const change of inserted) {
    if (change.kind === 'add-link') taken.set(change.link.id, change.link)
    else if (change.kind === 'add-node') nodes.set(change.node.id, change.node)
  }
  const set = withValues(opened, nodes)
  const isLast = instancesOf(whole, node.type).length <= 1
  return {
    changes: [
      ...removeNodes(graph, new Set([id])),
      ...inserted.map(
        (change): Change =>
          change.kind === 'add-node' ? { ...change, node: set.get(change.node.id) ?? change.node } : change,
      ),
      ...linksThroughBoundary(opened, freeNumber(taken)).map((link): Change => ({ kind: 'add-link', link })),
      ...(isLast ? [{ kind: 'remove-definition', id: node.type, graph: definition } as const] : []),
    ],
    ids,
  }
}

/** A node, and what takes its place. */
interface Opened {
  readonly graph: Graph
  readonly node: GraphNode
  readonly definition: Graph
  /** What the nodes of the inside are called outside. */
  readonly ids: ReadonlyMap<string, string>
}

/** The inside without what is at its boundary. */
function contentOf(definition: Graph): Graph {
  const between = [...definition.links.values()].filter(
    ({ from, to }) => from !== BOUNDARY.input && to !== BOUNDARY.output,
  )
  return { ...definition, reroutes: reroutesOf(definition, between), definitions: new Map() }
}

/** The links that came in or left, from what feeds them outside or inside, to what they feed there. */
function linksThroughBoundary(opened: Opened, first: number): GraphLink[] {
  const { graph, node, definition, ids } = opened
  const leaving = definition.nodes.get(BOUNDARY.output)?.inputs ?? []
  const sourceOf = (link: GraphLink) =>
    link.from === BOUNDARY.input
      ? linkFeeding(opened, link)
      : { from: ids.get(link.from) ?? link.from, output: link.output }
  const targetsOf = ({ from, to, input, type }: GraphLink): Pick<GraphLink, 'to' | 'input' | 'type'>[] => {
    if (to !== BOUNDARY.output) return from === BOUNDARY.input ? [{ to: ids.get(to) ?? to, input, type }] : []
    const output = leaving.findIndex(({ name }) => name === input)
    return [...graph.links.values()].filter((link) => link.from === node.id && link.output === output)
  }
  const links: GraphLink[] = []
  for (const link of definition.links.values()) {
    const source = sourceOf(link)
    if (source === undefined) continue
    const { from, output } = source
    for (const { to, input, type } of targetsOf(link)) {
      links.push({ id: first + links.length, from, output, to, input, type })
    }
  }
  return links
}

/** The nodes with the values that the node had for them, where no link feeds it. @param nodes the inside, as it is put in place */
function withValues(opened: Opened, nodes: ReadonlyMap<string, GraphNode>): ReadonlyMap<string, GraphNode> {
  const { graph, node, definition, ids } = opened
  const set = new Map(nodes)
  const put = (inner: string, name: string, fieldOf: (target: GraphNode) => string) => {
    const target = set.get(ids.get(inner) ?? '')
    if (target === undefined || !(name in node.params)) return
    set.set(target.id, { ...target, params: { ...target.params, [fieldOf(target)]: node.params[name] } })
  }
  for (const link of definition.links.values()) {
    if (link.from !== BOUNDARY.input || linkFeeding(opened, link) !== undefined) continue
    put(link.to, inputsOf(definition)[link.output]?.name ?? '', () => link.input)
  }
  for (const { node: inner, widget, name } of promotedBy(graph, node)) {
    put(inner, name, (target) => fieldFor(target, widget, promotedBy(graph, target)))
  }
  return set
}

/** The link outside that feeds the input from which a link of the inside comes. */
function linkFeeding({ graph, node, definition }: Opened, { output }: GraphLink): GraphLink | undefined {
  const input = inputsOf(definition)[output]
  return input && linkInto(graph, node.id, input.name)
}
