import type { Catalogue } from '../../server/graph/catalogue.ts'
import { fieldFor } from '../../server/graph/subgraph-fields.ts'
import { uniqueNames } from '../../server/graph/unique-names.ts'
import type { Change } from './change.ts'
import { removeLinks } from './connect.ts'
import { insertGraph, partOf, removeNodes, reroutesOf } from './edits.ts'
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
  type Point,
} from './graph.ts'
import { definitionType, promotedBy } from './virtual-types.ts'

/** Links that leave or reach a set of nodes at one and the same output. */
interface Crossing {
  readonly from: string
  readonly output: number
  readonly links: readonly GraphLink[]
}

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
  const part = partOf(graph, ids)
  if (part.nodes.size === 0) return { reason: 'Select the nodes that shall be a subgraph.' }
  const touching = linksOf(graph, new Set(part.nodes.keys()))
  const incoming = crossings(touching.filter(({ from }) => !part.nodes.has(from)))
  const outgoing = crossings(touching.filter(({ to }) => !part.nodes.has(to)))
  const between = nodeBetween(graph, part, outgoing, incoming)
  if (between !== undefined) {
    const name = between.title ?? between.type
    return {
      reason: `${name} is fed by the selected nodes and feeds them: select it too, else there would be a circle.`,
    }
  }
  const inputs = boundarySockets(incoming.map(({ links }) => socketInto(graph, links[0])))
  const outputs = boundarySockets(outgoing.map(({ from, output }) => graph.nodes.get(from)?.outputs[output]))

  let next = freeLinkId(graph)
  const inner = new Map(part.links)
  for (const [i, { links }] of incoming.entries()) {
    for (const { to, input, type } of links) {
      inner.set(next, { id: next, from: BOUNDARY.input, output: i, to, input, type })
      next++
    }
  }
  for (const [i, { from, output, links }] of outgoing.entries()) {
    const input = outputs[i]?.name ?? ''
    inner.set(next, { id: next, from, output, to: BOUNDARY.output, input, type: links[0]?.type ?? '*' })
    next++
  }
  const corners = areaOf([...part.nodes.values()])
  const definition: Graph = {
    ...EMPTY_GRAPH,
    name,
    nodes: new Map([
      ...part.nodes,
      boundaryEntry(BOUNDARY.input, [corners.left - 220, corners.top], [], inputs),
      boundaryEntry(BOUNDARY.output, [corners.right + 100, corners.top], outputs, []),
    ]),
    links: inner,
    reroutes: part.reroutes,
    source: newDefinition(id, name),
  }
  const described = definitionType(
    { ...graph, definitions: new Map([...graph.definitions, [id, definition]]) },
    id,
    types,
  )
  const fields = new Set(described?.parameters.map(({ name }) => name))
  const node: GraphNode = {
    id: String(freeNodeId(graph)),
    type: id,
    position: [corners.left, corners.top],
    size: [0, 0],
    mode: 0,
    collapsed: false,
    pinned: false,
    // A field shows what the inside had, should its link go.
    params: Object.fromEntries(
      incoming.flatMap(({ links: [link] }, i) => {
        const name = inputs[i]?.name ?? ''
        return link !== undefined && fields.has(name) ? [[name, graph.nodes.get(link.to)?.params[link.input]]] : []
      }),
    ),
    inputs: inputs.map(({ name, type }) => ({ name, type, ...(fields.has(name) ? { isWidget: true } : {}) })),
    outputs: outputs.map(({ name, type }) => ({ name, type })),
  }
  const changes: Change[] = [
    { kind: 'add-definition', id, graph: definition },
    ...removeNodes(graph, new Set(part.nodes.keys())),
    { kind: 'add-node', node },
  ]
  for (const [i, { from, output, links }] of incoming.entries()) {
    const input = inputs[i]?.name ?? ''
    changes.push({
      kind: 'add-link',
      link: { id: next++, from, output, to: node.id, input, type: links[0]?.type ?? '*' },
    })
  }
  for (const [i, { links }] of outgoing.entries()) {
    for (const { to, input, type } of links) {
      changes.push({ kind: 'add-link', link: { id: next++, from: node.id, output: i, to, input, type } })
    }
  }
  return { changes, node: node.id }
}

/** Puts the inside of a subgraph in the place of a node that is made of it; the subgraph goes with its last node. */
export function unpackSubgraph(
  graph: Graph,
  whole: Graph,
  id: string,
): { changes: Change[]; ids: string[] } | undefined {
  const node = graph.nodes.get(id)
  const definition = graph.definitions.get(node?.type ?? '')
  if (node === undefined || definition === undefined) return undefined
  const between = [...definition.links.values()].filter(
    ({ from, to }) => from !== BOUNDARY.input && to !== BOUNDARY.output,
  )
  const content = { ...definition, reroutes: reroutesOf(definition, between), definitions: new Map() }
  const { changes: inserted, ids } = insertGraph(graph, content, node.position)
  const inside = [...definition.nodes.keys()].filter((key) => key !== BOUNDARY.input && key !== BOUNDARY.output)
  const renamed = new Map(inside.map((key, i) => [key, ids[i] ?? key]))
  const names = definition.nodes.get(BOUNDARY.input)?.outputs.map(({ name }) => name) ?? []
  const outer = [...graph.links.values()]
  let next = Math.max(
    freeLinkId(graph),
    ...inserted.map((change) => (change.kind === 'add-link' ? change.link.id + 1 : 0)),
  )
  const ends: Change[] = []
  const sourceOf = (link: GraphLink): { from: string; output: number } | undefined => {
    if (link.from !== BOUNDARY.input) return { from: renamed.get(link.from) ?? link.from, output: link.output }
    return outer.find(({ to, input }) => to === id && input === names[link.output])
  }
  const values = new Map<string, GraphNode>()
  for (const change of inserted) if (change.kind === 'add-node') values.set(change.node.id, change.node)
  for (const link of definition.links.values()) {
    if (link.from === BOUNDARY.input && link.to !== BOUNDARY.output) {
      const to = renamed.get(link.to) ?? link.to
      const source = sourceOf(link)
      const name = names[link.output] ?? ''
      const target = values.get(to)
      if (source !== undefined) {
        ends.push({
          kind: 'add-link',
          link: { id: next++, ...ofOutput(source), to, input: link.input, type: link.type },
        })
      } else if (target !== undefined && name in node.params) {
        values.set(to, { ...target, params: { ...target.params, [link.input]: node.params[name] } })
      }
    } else if (link.to === BOUNDARY.output) {
      const index = definition.nodes.get(BOUNDARY.output)?.inputs.findIndex(({ name }) => name === link.input) ?? -1
      const source = sourceOf(link)
      for (const taking of outer) {
        if (taking.from !== id || taking.output !== index || source === undefined) continue
        const { source: _, parent: __, ...kept } = taking
        ends.push({ kind: 'add-link', link: { ...kept, id: next++, ...ofOutput(source) } })
      }
    }
  }
  for (const { node: inner, widget, name } of promotedBy(graph, node)) {
    const target = values.get(renamed.get(inner) ?? '')
    if (target === undefined || !(name in node.params)) continue
    const field = fieldFor(target, widget, promotedBy(graph, target))
    values.set(target.id, { ...target, params: { ...target.params, [field]: node.params[name] } })
  }
  const isLast = instancesOf(whole, node.type).length <= 1
  return {
    changes: [
      ...removeNodes(graph, new Set([id])),
      ...inserted.map(
        (change): Change =>
          change.kind === 'add-node' ? { ...change, node: values.get(change.node.id) ?? change.node } : change,
      ),
      ...ends,
      ...(isLast ? [{ kind: 'remove-definition', id: node.type, graph: definition } as const] : []),
    ],
    ids,
  }
}

/** Whether a node made of a subgraph may stand on a level: a subgraph never holds itself, through however many others. */
export function mayHold(whole: Graph, level: string, definition: string): boolean {
  if (level === '') return true
  const seen = new Set([definition])
  for (const id of seen) {
    if (id === level) return false
    for (const { type } of whole.definitions.get(id)?.nodes.values() ?? [])
      if (whole.definitions.has(type)) seen.add(type)
  }
  return true
}

/** Whether the nodes of another graph may stand on a level, with the subgraphs that they bring along. */
export function mayTake(whole: Graph, level: string, other: Graph): boolean {
  const both = { ...whole, definitions: new Map([...other.definitions, ...whole.definitions]) }
  return [...other.nodes.values()].every(({ type }) => mayHold(both, level, type))
}

/** Where a subgraph is used: the level, and the node that is made of it. */
export function instancesOf(whole: Graph, id: string): { level: string; node: GraphNode }[] {
  const levels: [string, Graph][] = [['', whole], ...whole.definitions]
  return levels.flatMap(([level, { nodes }]) =>
    [...nodes.values()].flatMap((node) => (node.type === id ? [{ level, node }] : [])),
  )
}

/** A new input of a subgraph that feeds a socket of its inside, or a new output that one of its inside feeds. */
export function expose(
  whole: Graph,
  id: string,
  end:
    | { readonly kind: 'input'; readonly node: string; readonly input: string }
    | { readonly kind: 'output'; readonly node: string; readonly output: number },
): Change[] {
  const inside = whole.definitions.get(id)
  const node = inside?.nodes.get(end.node)
  const socket = end.kind === 'input' ? node?.inputs.find(({ name }) => name === end.input) : node?.outputs[end.output]
  const boundary = inside?.nodes.get(end.kind === 'input' ? BOUNDARY.input : BOUNDARY.output)
  if (inside === undefined || socket === undefined || boundary === undefined) return []
  const present = end.kind === 'input' ? boundary.outputs : boundary.inputs
  const name = uniqueNames([...present, { name: socket.name || socket.type.toLowerCase() }]).at(-1) ?? socket.name
  const made: GraphSocket = { name, type: socket.type }
  const key = end.kind === 'input' ? 'outputs' : 'inputs'
  const link: GraphLink =
    end.kind === 'input'
      ? {
          id: freeLinkId(inside),
          from: BOUNDARY.input,
          output: present.length,
          to: end.node,
          input: end.input,
          type: socket.type,
        }
      : {
          id: freeLinkId(inside),
          from: end.node,
          output: end.output,
          to: BOUNDARY.output,
          input: name,
          type: socket.type,
        }
  const value = end.kind === 'input' ? node?.params[end.input] : undefined
  const former = [...inside.links.values()].filter((other) => other.to === link.to && other.input === link.input)
  return [
    ...removeLinks(inside, former).map((change) => ({ ...change, in: id }) as Change),
    { kind: 'change-node', in: id, before: boundary, after: { ...boundary, [key]: [...present, made] } },
    { kind: 'add-link', in: id, link },
    ...instancesOf(whole, id).map(({ level, node }): Change => {
      const isWidget = end.kind === 'input' && socket.isWidget === true
      const after =
        end.kind === 'input'
          ? {
              ...node,
              inputs: [...node.inputs, { ...made, ...(isWidget ? { isWidget } : {}) }],
              params: isWidget ? { ...node.params, [name]: value } : node.params,
            }
          : { ...node, outputs: [...node.outputs, made] }
      return { kind: 'change-node', in: level, before: node, after }
    }),
  ]
}

/** Gives a socket of a subgraph's boundary another name, in every node that is made of it too. */
export function renameSocket(
  whole: Graph,
  id: string,
  kind: 'input' | 'output',
  index: number,
  name: string,
): Change[] {
  const boundary = whole.definitions.get(id)?.nodes.get(BOUNDARY[kind])
  const inside = whole.definitions.get(id)
  const sockets = kind === 'input' ? boundary?.outputs : boundary?.inputs
  const old = sockets?.[index]
  const clean = name.trim()
  if (boundary === undefined || inside === undefined || sockets === undefined || old === undefined) return []
  if (clean === '' || sockets.some((socket) => socket.name === clean)) return []
  const renamed = (list: readonly GraphSocket[]) =>
    list.map((socket) => {
      if (socket.name !== old.name) return socket
      const { label: _, ...rest } = socket
      return { ...rest, name: clean }
    })
  const key = kind === 'input' ? 'outputs' : 'inputs'
  const moved = (links: Iterable<GraphLink>, to: string): Change[] =>
    [...links].flatMap((link): Change[] =>
      link.to === to && link.input === old.name
        ? [{ kind: 'change-link', before: link, after: { ...link, input: clean } }]
        : [],
    )
  return [
    { kind: 'change-node', in: id, before: boundary, after: { ...boundary, [key]: renamed(sockets) } },
    ...(kind === 'output'
      ? moved(inside.links.values(), BOUNDARY.output).map((change) => ({ ...change, in: id }) as Change)
      : []),
    ...instancesOf(whole, id).flatMap(({ level, node }): Change[] => {
      const { [old.name]: value, ...params } = node.params
      const after =
        kind === 'input'
          ? {
              ...node,
              inputs: renamed(node.inputs),
              params: old.name in node.params ? { ...params, [clean]: value } : node.params,
            }
          : { ...node, outputs: node.outputs.map((socket, i) => (i === index ? { ...socket, name: clean } : socket)) }
      const around = level === '' ? whole : whole.definitions.get(level)
      return [
        { kind: 'change-node', in: level, before: node, after },
        ...(kind === 'input'
          ? moved(around?.links.values() ?? [], node.id).map((change) => ({ ...change, in: level }) as Change)
          : []),
      ]
    }),
  ]
}

/** Takes a socket off a subgraph's boundary, with the links at it inside and outside. */
export function removeSocket(whole: Graph, id: string, kind: 'input' | 'output', index: number): Change[] {
  const inside = whole.definitions.get(id)
  const boundary = inside?.nodes.get(BOUNDARY[kind])
  const sockets = kind === 'input' ? boundary?.outputs : boundary?.inputs
  const old = sockets?.[index]
  if (inside === undefined || boundary === undefined || sockets === undefined || old === undefined) return []
  const within = (level: string) => (change: Change) => ({ ...change, in: level }) as Change
  const without = sockets.filter((_, i) => i !== index)
  const inner =
    kind === 'input'
      ? cutOutput(inside, BOUNDARY.input, index)
      : removeLinks(
          inside,
          [...inside.links.values()].filter(({ to, input }) => to === BOUNDARY.output && input === old.name),
        )
  return [
    ...inner.map(within(id)),
    {
      kind: 'change-node',
      in: id,
      before: boundary,
      after: { ...boundary, [kind === 'input' ? 'outputs' : 'inputs']: without },
    },
    ...instancesOf(whole, id).flatMap(({ level, node }): Change[] => {
      const around = level === '' ? whole : whole.definitions.get(level)
      if (around === undefined) return []
      const links =
        kind === 'input'
          ? removeLinks(
              around,
              [...around.links.values()].filter(({ to, input }) => to === node.id && input === old.name),
            )
          : cutOutput(around, node.id, index)
      const after =
        kind === 'input'
          ? { ...node, inputs: node.inputs.filter(({ name }) => name !== old.name) }
          : { ...node, outputs: node.outputs.filter((_, i) => i !== index) }
      return [...links.map(within(level)), { kind: 'change-node', in: level, before: node, after }]
    }),
  ]
}

/** Removes the links from an output; those from later outputs move up by one. */
function cutOutput(graph: Graph, node: string, index: number): Change[] {
  const links = [...graph.links.values()].filter(({ from }) => from === node)
  return [
    ...removeLinks(
      graph,
      links.filter(({ output }) => output === index),
    ),
    ...links.flatMap((link): Change[] =>
      link.output > index ? [{ kind: 'change-link', before: link, after: { ...link, output: link.output - 1 } }] : [],
    ),
  ]
}

/** A node outside of a part that the part feeds and that feeds the part, through whatever others. */
function nodeBetween(
  graph: Graph,
  part: Graph,
  outgoing: readonly Crossing[],
  incoming: readonly Crossing[],
): GraphNode | undefined {
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
  const found = new Map<string, GraphLink[]>()
  for (const link of links) {
    const key = JSON.stringify([link.from, link.output])
    const same = found.get(key)
    if (same === undefined) found.set(key, [link])
    else same.push(link)
  }
  return [...found.values()].map((links) => ({ from: links[0]!.from, output: links[0]!.output, links }))
}

function socketInto(graph: Graph, link: GraphLink | undefined): GraphSocket | undefined {
  const socket = graph.nodes.get(link?.to ?? '')?.inputs.find(({ name }) => name === link?.input)
  return socket && { name: socket.name, type: socket.type === '*' ? (link?.type ?? '*') : socket.type }
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
  inputs: GraphSocket[],
  outputs: GraphSocket[],
): [string, GraphNode] {
  const rows = Math.max(1, inputs.length, outputs.length)
  return [
    id,
    {
      id,
      type: BOUNDARY_TYPES[id] ?? '',
      position,
      size: [120, 30 + rows * 22],
      mode: 0,
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

function ofOutput({ from, output }: { from: string; output: number }): { from: string; output: number } {
  return { from, output }
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
