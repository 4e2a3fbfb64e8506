import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Change } from './change.ts'
import { freeNodeId, type Graph, type GraphNode, linksOf, NODE_MODES, NOTHING_KEPT, type Point } from './graph.ts'
import { defaultParams } from './parameters.ts'

/** The node that a person adds from the catalogue. */
export function newNode(graph: Graph, type: NodeDescription, position: Point): GraphNode {
  return {
    id: String(freeNodeId(graph)),
    type: type.id,
    position,
    size: [0, 0],
    mode: NODE_MODES.always,
    collapsed: false,
    params: defaultParams(type),
    inputs: type.inputs.map(({ name, type }) => ({ name, type, rest: {} })),
    outputs: type.outputs.map(({ name, type }) => ({ name, type, rest: {} })),
    kept: NOTHING_KEPT,
  }
}

/** Nodes go with all their links. */
export function removeNodes(graph: Graph, ids: ReadonlySet<string>): Change[] {
  const nodes = [...ids].flatMap((id) => graph.nodes.get(id) ?? [])
  return [
    ...linksOf(graph, ids).map((link): Change => ({ kind: 'remove-link', link })),
    ...nodes.map((node): Change => ({ kind: 'remove-node', node })),
  ]
}

/** Nothing where the node is gone or nothing would change. */
export function changeNode(graph: Graph, id: string, fields: Partial<Omit<GraphNode, 'id'>>): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined) return []
  const after = { ...before, ...fields }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ kind: 'change-node', before, after }]
}

export function setParam(graph: Graph, id: string, name: string, value: unknown): Change[] {
  const node = graph.nodes.get(id)
  return node === undefined ? [] : changeNode(graph, id, { params: { ...node.params, [name]: value } })
}

/** An empty title gives the node the one of its type again. */
export function renameNode(graph: Graph, id: string, title: string): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined) return []
  const { title: _, ...untitled } = before
  const after = title.trim() === '' ? untitled : { ...untitled, title: title.trim() }
  return [{ kind: 'change-node', before, after }]
}

/** Adds another graph's nodes, links and groups with new ids, moved so that its top left corner is at `at`. */
export function insertGraph(graph: Graph, other: Graph, at: Point): { changes: Change[]; ids: string[] } {
  const nodes = [...other.nodes.values()]
  const left = Math.min(...nodes.map(({ position }) => position[0]))
  const top = Math.min(...nodes.map(({ position }) => position[1]))
  const firstId = freeNodeId(graph)
  const firstLink = Math.max(0, ...graph.links.keys()) + 1
  const ids = new Map(nodes.map(({ id }, i) => [id, String(firstId + i)]))
  const changes: Change[] = nodes.map((node) => ({
    kind: 'add-node',
    node: {
      ...node,
      id: ids.get(node.id) ?? node.id,
      position: [node.position[0] - left + at[0], node.position[1] - top + at[1]],
    },
  }))
  for (const [i, link] of [...other.links.values()].entries()) {
    const from = ids.get(link.from)
    const to = ids.get(link.to)
    if (from !== undefined && to !== undefined) {
      changes.push({ kind: 'add-link', link: { ...link, id: firstLink + i, from, to } })
    }
  }
  return { changes, ids: [...ids.values()] }
}

/** The part of a graph that these nodes are, with the links among them; what copying takes. */
export function subgraph(graph: Graph, ids: ReadonlySet<string>): Graph {
  return {
    nodes: new Map([...graph.nodes].filter(([id]) => ids.has(id))),
    links: new Map([...graph.links].filter(([, link]) => ids.has(link.from) && ids.has(link.to))),
    groups: new Map(),
    rest: {},
  }
}
