import type { Catalogue } from '../../server/graph/catalogue.ts'
import { uniqueNames } from '../../server/graph/unique-names.ts'
import type { Change } from './change.ts'
import { partOf, removeNodes } from './edits.ts'
import {
  BOUNDARY,
  BOUNDARY_TYPES,
  EMPTY_GRAPH,
  freeLinkId,
  freeNodeId,
  type Graph,
  type GraphLink,
  type GraphNode,
  type GraphSocket,
  linksOf,
  NODE_MODES,
  type Point,
} from './graph.ts'
import { definitionType } from './virtual-types.ts'

/**
 * Makes a subgraph of some nodes and puts one node in their place: an input for each output that fed them from outside,
 * an output for each of theirs that somebody outside takes.
 * @param id of the new subgraph, unused so far
 */
export function makeSubgraph(
  graph: Graph,
  ids: ReadonlySet<string>,
  id: string,
  name: string,
  types: Catalogue,
): { changes: Change[]; node: string } | { reason: string } {
  const cut = cutOut(graph, ids)
  if (cut.part.nodes.size === 0) return { reason: 'Select the nodes that shall be a subgraph.' }
  const between = nodeBetween(graph, cut)
  if (between !== undefined) {
    const name = between.title ?? between.type
    return {
      reason: `${name} is fed by the selected nodes and feeds them: select it too, else there would be a circle.`,
    }
  }
  const area = areaOf([...cut.part.nodes.values()])
  const first = freeLinkId(graph)
  const inner = innerLinks(cut, first)
  const definition: Graph = {
    ...EMPTY_GRAPH,
    name,
    nodes: new Map([
      ...cut.part.nodes,
      boundaryEntry(BOUNDARY.input, [area.left - 220, area.top], [], cut.inputs),
      boundaryEntry(BOUNDARY.output, [area.right + 100, area.top], cut.outputs, []),
    ]),
    links: new Map([...cut.part.links, ...inner.map((link) => [link.id, link] as const)]),
    reroutes: cut.part.reroutes,
    source: newDefinition(id, name),
  }
  const around = { ...graph, definitions: new Map([...graph.definitions, [id, definition]]) }
  const fields = new Set(definitionType(around, id, types)?.parameters.map(({ name }) => name))
  const node = instanceNode(graph, cut, id, [area.left, area.top], fields)
  return {
    changes: [
      { kind: 'add-definition', id, graph: definition },
      ...removeNodes(graph, new Set(cut.part.nodes.keys())),
      { kind: 'add-node', node },
      ...outerLinks(cut, node.id, first + inner.length).map((link): Change => ({ kind: 'add-link', link })),
    ],
    node: node.id,
  }
}

/** A part of a graph, and what it hangs on. */
interface Cut {
  readonly part: Graph
  readonly incoming: readonly Crossing[]
  readonly outgoing: readonly Crossing[]
  /** A socket of the boundary for each crossing. */
  readonly inputs: readonly GraphSocket[]
  readonly outputs: readonly GraphSocket[]
}

/** Links that leave or reach a set of nodes at one and the same output. */
interface Crossing {
  readonly from: string
  readonly output: number
  readonly links: readonly [GraphLink, ...GraphLink[]]
}

function cutOut(graph: Graph, ids: ReadonlySet<string>): Cut {
  const part = partOf(graph, ids)
  const touching = linksOf(graph, new Set(part.nodes.keys()))
  const incoming = crossings(touching.filter(({ from }) => !part.nodes.has(from)))
  const outgoing = crossings(touching.filter(({ to }) => !part.nodes.has(to)))
  return {
    part,
    incoming,
    outgoing,
    inputs: boundarySockets(incoming.map(({ links: [link] }) => socketInto(graph, link))),
    outputs: boundarySockets(outgoing.map(({ from, output }) => graph.nodes.get(from)?.outputs[output])),
  }
}

/** The links between the part and its boundary. */
function innerLinks({ incoming, outgoing, outputs }: Cut, first: number): GraphLink[] {
  const entering = incoming.flatMap(({ links }, output) =>
    links.map(({ to, input, type }) => ({ from: BOUNDARY.input, output, to, input, type })),
  )
  const leaving = outgoing.map(({ from, output, links: [{ type }] }, i) => {
    return { from, output, to: BOUNDARY.output, input: outputs[i]?.name ?? '', type }
  })
  return [...entering, ...leaving].map((link, i) => ({ id: first + i, ...link }))
}

/** The links between the node in place of the part and what is around it. */
function outerLinks({ incoming, outgoing, inputs }: Cut, node: string, first: number): GraphLink[] {
  const entering = incoming.map(({ from, output, links: [{ type }] }, i) => {
    return { from, output, to: node, input: inputs[i]?.name ?? '', type }
  })
  const leaving = outgoing.flatMap(({ links }, output) =>
    links.map(({ to, input, type }) => ({ from: node, output, to, input, type })),
  )
  return [...entering, ...leaving].map((link, i) => ({ id: first + i, ...link }))
}

/** The node in place of the part. @param fields those of its inputs that are fields */
function instanceNode(
  graph: Graph,
  { incoming, inputs, outputs }: Cut,
  type: string,
  position: Point,
  fields: ReadonlySet<string>,
): GraphNode {
  return {
    id: String(freeNodeId(graph)),
    type,
    position,
    size: [0, 0],
    mode: NODE_MODES.always,
    collapsed: false,
    pinned: false,
    // A field shows what the inside had, should its link go.
    params: Object.fromEntries(
      incoming.flatMap(({ links: [{ to, input }] }, i) => {
        const name = inputs[i]?.name ?? ''
        return fields.has(name) ? [[name, graph.nodes.get(to)?.params[input]]] : []
      }),
    ),
    inputs: inputs.map(({ name, type }) => ({ name, type, ...(fields.has(name) ? { isWidget: true } : {}) })),
    outputs: outputs.map(({ name, type }) => ({ name, type })),
  }
}

/** A node outside of a part that the part feeds and that feeds the part, through whatever others. */
function nodeBetween(graph: Graph, { part, incoming, outgoing }: Cut): GraphNode | undefined {
  const sources = new Set(incoming.map(({ from }) => from))
  const fed = new Map<string, string[]>()
  for (const { from, to } of graph.links.values()) fed.get(from)?.push(to) ?? fed.set(from, [to])
  const reached = new Set(outgoing.flatMap(({ links }) => links.map(({ to }) => to)))
  for (const id of reached) {
    if (part.nodes.has(id)) continue
    if (sources.has(id)) return graph.nodes.get(id)
    for (const next of fed.get(id) ?? []) reached.add(next)
  }
  return undefined
}

function crossings(links: readonly GraphLink[]): Crossing[] {
  const found = new Map<string, [GraphLink, ...GraphLink[]]>()
  for (const link of links) {
    const key = JSON.stringify([link.from, link.output])
    const same = found.get(key)
    if (same === undefined) found.set(key, [link])
    else same.push(link)
  }
  return Array.from(found.values(), (links) => ({ from: links[0].from, output: links[0].output, links }))
}

function socketInto(graph: Graph, { to, input, type }: GraphLink): GraphSocket | undefined {
  const socket = graph.nodes.get(to)?.inputs.find(({ name }) => name === input)
  return socket && { name: socket.name, type: socket.type === '*' ? type : socket.type }
}

function boundarySockets(sockets: readonly (GraphSocket | undefined)[]): GraphSocket[] {
  const plain = sockets.map((socket) => ({
    name: socket?.name || (socket?.type ?? 'value').toLowerCase(),
    type: socket?.type ?? '*',
  }))
  const names = uniqueNames(plain)
  return plain.map(({ type }, i) => ({ name: names[i] ?? '', type }))
}

function boundaryEntry(
  id: string,
  position: Point,
  inputs: readonly GraphSocket[],
  outputs: readonly GraphSocket[],
): [string, GraphNode] {
  const rows = Math.max(1, inputs.length, outputs.length)
  return [
    id,
    {
      id,
      type: BOUNDARY_TYPES[id] ?? '',
      position,
      size: [120, 30 + rows * 22],
      mode: NODE_MODES.always,
      collapsed: false,
      pinned: false,
      params: {},
      inputs,
      outputs,
    },
  ]
}

function areaOf(nodes: readonly GraphNode[]): { left: number; top: number; right: number } {
  return {
    left: Math.min(...nodes.map(({ position }) => position[0])),
    top: Math.min(...nodes.map(({ position }) => position[1])),
    right: Math.max(...nodes.map(({ position, size }) => position[0] + Math.max(230, size[0]))),
  }
}

/** The frame that ComfyUI writes around a subgraph, in its order. */
function newDefinition(id: string, name: string): Record<string, unknown> {
  return {
    id,
    version: 1,
    state: { lastGroupId: 0, lastNodeId: 0, lastLinkId: 0, lastRerouteId: 0 },
    revision: 0,
    config: {},
    name,
    inputNode: { id: -10 },
    outputNode: { id: -20 },
    inputs: [],
    outputs: [],
    widgets: [],
    nodes: [],
    groups: [],
    links: [],
    extra: {},
  }
}
