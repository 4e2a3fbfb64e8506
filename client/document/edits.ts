import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Change } from './change.ts'
import { removeLinks } from './connect.ts'
import { sameJson } from './file-entry.ts'
import {
  EMPTY_GRAPH,
  freeLinkId,
  freeNodeId,
  freeNumber,
  type Graph,
  type GraphGroup,
  type GraphLink,
  type GraphNode,
  isBoundary,
  linksOf,
  NODE_MODES,
  type Point,
  type Reroute,
} from './graph.ts'
import { defaultParams } from './parameters.ts'
import { socketsOf } from './virtual-types.ts'

/** The node that a person adds from the catalogue. */
export function newNode(graph: Graph, type: NodeDescription, position: Point, size: Point = [0, 0]): GraphNode {
  return {
    id: String(freeNodeId(graph)),
    type: type.id,
    position,
    size,
    mode: NODE_MODES.always,
    collapsed: false,
    pinned: false,
    params: defaultParams(type),
    ...socketsOf(type),
  }
}

/** Nodes go with all their links; the boundary of a subgraph stays. */
export function removeNodes(graph: Graph, ids: ReadonlySet<string>, groups: ReadonlySet<string> = new Set()): Change[] {
  const nodes = [...graph.nodes.values()].filter((node) => ids.has(node.id) && !isBoundary(node))
  return [
    ...removeLinks(graph, linksOf(graph, new Set(nodes.map(({ id }) => id)))),
    ...nodes.map((node): Change => ({ kind: 'remove-node', node })),
    ...groupsOf(graph, groups).map((group): Change => ({ kind: 'remove-group', group })),
  ]
}

/** Nothing where the node is gone or nothing would change. */
export function changeNode(graph: Graph, id: string, fields: Partial<Omit<GraphNode, 'id'>>): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined) return []
  const isSame = (Object.keys(fields) as (keyof typeof fields)[]).every((key) => sameJson(before[key], fields[key]))
  return isSame ? [] : [{ kind: 'change-node', before, after: { ...before, ...fields } }]
}

export function setParam(graph: Graph, id: string, name: string, value: unknown): Change[] {
  return setParams(graph, id, { [name]: value })
}

/** Several parameters in one edit. */
export function setParams(graph: Graph, id: string, params: Readonly<Record<string, unknown>>): Change[] {
  const node = graph.nodes.get(id)
  return node === undefined ? [] : changeNode(graph, id, { params: { ...node.params, ...params } })
}

/** An empty title gives the node the one of its type again. */
export function renameNode(graph: Graph, id: string, title: string): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined || (before.title ?? '') === title.trim()) return []
  const { title: _, ...untitled } = before
  const after = title.trim() === '' ? untitled : { ...untitled, title: title.trim() }
  return [{ kind: 'change-node', before, after }]
}

/** Without a colour the node gets the one of all nodes again. */
export function colorNode(
  graph: Graph,
  id: string,
  colors: { color: string; background: string } | undefined,
): Change[] {
  const before = graph.nodes.get(id)
  if (before === undefined) return []
  const { color: _, background: __, ...plain } = before
  const after = { ...plain, ...colors }
  return sameJson(before, after) ? [] : [{ kind: 'change-node', before, after }]
}

/**
 * Adds another graph's nodes, links, groups and reroutes with new ids, moved so that its top left corner is at `at`;
 * subgraphs that both know are shared.
 */
export function insertGraph(
  graph: Graph,
  other: Graph,
  at: Point,
): { changes: Change[]; ids: string[]; groups: string[] } {
  const nodes = [...other.nodes.values()].filter((node) => !isBoundary(node))
  const [left, top] = cornerOf(other)
  const moved = ([x, y]: Point): Point => [x - left + at[0], y - top + at[1]]
  const firstId = freeNodeId(graph)
  const firstLink = freeLinkId(graph)
  const firstReroute = freeNumber(graph.reroutes)
  const ids = new Map(nodes.map(({ id }, i) => [id, String(firstId + i)]))
  const reroutes = new Map([...other.reroutes.keys()].map((id, i) => [id, firstReroute + i]))
  const changes: Change[] = []
  for (const [id, definition] of other.definitions) {
    if (!graph.definitions.has(id)) changes.push({ kind: 'add-definition', id, graph: definition })
  }
  for (const node of nodes) {
    const id = ids.get(node.id) ?? node.id
    changes.push({ kind: 'add-node', node: { ...node, id, position: moved(node.position) } })
  }
  for (const reroute of other.reroutes.values()) {
    const { parent, source: _, ...own } = reroute
    const before = parent === undefined ? undefined : reroutes.get(parent)
    changes.push({
      kind: 'add-reroute',
      reroute: {
        ...own,
        id: reroutes.get(reroute.id) ?? reroute.id,
        ...(before === undefined ? {} : { parent: before }),
        position: moved(reroute.position),
      },
    })
  }
  for (const [i, link] of [...other.links.values()].entries()) {
    const [from, to] = [ids.get(link.from), ids.get(link.to)]
    if (from === undefined || to === undefined) continue
    const { source: _, parent, ...own } = link
    const before = parent === undefined ? undefined : reroutes.get(parent)
    const made: GraphLink = { ...own, id: firstLink + i, from, to, ...(before === undefined ? {} : { parent: before }) }
    changes.push({ kind: 'add-link', link: made })
  }
  const firstGroup = freeNumber(graph.groups)
  const groups = [...other.groups.values()].map(({ source: _, ...group }, i) => {
    const [x, y] = moved([group.bounding[0], group.bounding[1]])
    return { ...group, id: String(firstGroup + i), bounding: [x, y, group.bounding[2], group.bounding[3]] as const }
  })
  changes.push(...groups.map((group): Change => ({ kind: 'add-group', group })))
  return { changes, ids: [...ids.values()], groups: groups.map(({ id }) => id) }
}

/** The top left corner of what is in a graph. */
export function cornerOf({ nodes, groups }: Graph): Point {
  const corners = [
    ...[...nodes.values()].flatMap((node) => (isBoundary(node) ? [] : [node.position])),
    ...[...groups.values()].map(({ bounding }): Point => [bounding[0], bounding[1]]),
  ]
  return [Math.min(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y))]
}

/** The part of a graph that these nodes and groups are, with the links among the nodes; what copying takes. */
export function partOf(graph: Graph, ids: ReadonlySet<string>, groups: ReadonlySet<string> = new Set()): Graph {
  const nodes = new Map([...graph.nodes].filter(([id, node]) => ids.has(id) && !isBoundary(node)))
  const links = new Map([...graph.links].filter(([, link]) => nodes.has(link.from) && nodes.has(link.to)))
  return {
    ...EMPTY_GRAPH,
    nodes,
    links,
    groups: new Map(groupsOf(graph, groups).map((group) => [group.id, group])),
    reroutes: reroutesOf(graph, links.values()),
    definitions: definitionsUsed(graph, nodes.values()),
  }
}

function groupsOf(graph: Graph, ids: ReadonlySet<string>): GraphGroup[] {
  return [...ids].flatMap((id) => graph.groups.get(id) ?? [])
}

/** The reroutes that some links run through. */
export function reroutesOf(graph: Graph, links: Iterable<GraphLink>): Map<number, Reroute> {
  const used = new Map<number, Reroute>()
  for (const link of links) {
    for (let id = link.parent; id !== undefined && !used.has(id); ) {
      const reroute = graph.reroutes.get(id)
      if (reroute === undefined) break
      used.set(id, reroute)
      id = reroute.parent
    }
  }
  return used
}

/** The subgraphs that some nodes are made of, and those that these hold. */
function definitionsUsed(graph: Graph, nodes: Iterable<GraphNode>): Map<string, Graph> {
  const used = new Map<string, Graph>()
  const waiting = [...nodes]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const definition = graph.definitions.get(node.type)
    if (definition === undefined || used.has(node.type)) continue
    used.set(node.type, definition)
    waiting.push(...definition.nodes.values())
  }
  return used
}
