import { uniqueNames } from '../../server/graph/unique-names.ts'
import type { LevelChange } from './change.ts'
import { removeLinks } from './connect.ts'
import { BOUNDARY, freeLinkId, type Graph, type GraphSocket, linkInto } from './graph.ts'
import { type Instance, instancesOf } from './instances.ts'

/** What comes into a subgraph, or leaves it. */
export type Side = 'input' | 'output'

/** A socket of a subgraph's inside. */
export type InnerEnd =
  | { readonly kind: 'input'; readonly node: string; readonly input: string }
  | { readonly kind: 'output'; readonly node: string; readonly output: number }

/** A new input of a subgraph that feeds a socket of its inside, or a new output that one of its inside feeds. */
export function expose(whole: Graph, id: string, end: InnerEnd): LevelChange[] {
  const inside = whole.definitions.get(id)
  const present = socketsAt(whole, id, end.kind)
  const node = inside?.nodes.get(end.node)
  const socket = end.kind === 'input' ? node?.inputs.find(({ name }) => name === end.input) : node?.outputs[end.output]
  if (inside === undefined || present === undefined || node === undefined || socket === undefined) return []
  const { type } = socket
  const name = uniqueNames([...present, { name: socket.name || type.toLowerCase() }]).at(-1) ?? socket.name
  const ends =
    end.kind === 'input'
      ? { from: BOUNDARY.input, output: present.length, to: end.node, input: end.input }
      : { from: end.node, output: end.output, to: BOUNDARY.output, input: name }
  const field =
    end.kind === 'input' && socket.isWidget === true ? { isWidget: true, value: node.params[end.input] } : undefined
  return [
    ...within(id, cutInput(inside, ends.to, ends.input)),
    ...placesOf(whole, id, end.kind).map(({ level, node, list }): LevelChange => {
      const shown = list === 'inputs' ? field : undefined
      const added: GraphSocket = { name, type, ...(shown && { isWidget: true }) }
      const after = { ...node, [list]: [...node[list], added] }
      const params = shown === undefined ? node.params : { ...node.params, [name]: shown.value }
      return { kind: 'change-node', in: level, before: node, after: { ...after, params } }
    }),
    { kind: 'add-link', in: id, link: { id: freeLinkId(inside), ...ends, type } },
  ]
}

/** Gives a socket of a subgraph's boundary another name, in every node that is made of it too. */
export function renameSocket(whole: Graph, id: string, side: Side, index: number, name: string): LevelChange[] {
  const sockets = socketsAt(whole, id, side)
  const old = sockets?.[index]
  const clean = name.trim()
  if (sockets === undefined || old === undefined) return []
  if (clean === '' || sockets.some((socket) => socket.name === clean)) return []
  return placesOf(whole, id, side).flatMap(({ level, graph, node, list }) => {
    const isIt = isSocket(list, old.name, index)
    const renamed = node[list].map((socket, i) => {
      if (!isIt(socket, i)) return socket
      const { label: _, ...rest } = socket
      return { ...rest, name: clean }
    })
    const { [old.name]: value, ...others } = node.params
    const params = list === 'inputs' && old.name in node.params ? { ...others, [clean]: value } : node.params
    const link = list === 'inputs' ? linkInto(graph, node.id, old.name) : undefined
    return within(level, [
      { kind: 'change-node', before: node, after: { ...node, [list]: renamed, params } },
      ...(link === undefined ? [] : [{ kind: 'change-link', before: link, after: { ...link, input: clean } } as const]),
    ])
  })
}

/** Takes a socket off a subgraph's boundary, with the links at it inside and outside. */
export function removeSocket(whole: Graph, id: string, side: Side, index: number): LevelChange[] {
  const old = socketsAt(whole, id, side)?.[index]
  if (old === undefined) return []
  return placesOf(whole, id, side).flatMap(({ level, graph, node, list }) => {
    const isIt = isSocket(list, old.name, index)
    const left = node[list].filter((socket, i) => !isIt(socket, i))
    return within(level, [
      ...(list === 'inputs' ? cutInput(graph, node.id, old.name) : cutOutput(graph, node.id, index)),
      { kind: 'change-node', before: node, after: { ...node, [list]: left } },
    ])
  })
}

/** A node that has a socket of the boundary, and in which of its lists. */
interface Place extends Instance {
  readonly list: 'inputs' | 'outputs'
}

/** The node of the boundary inside, which gives what comes in and takes what leaves, then all that are made of the subgraph. */
function placesOf(whole: Graph, id: string, side: Side): Place[] {
  const graph = whole.definitions.get(id)
  const node = graph?.nodes.get(BOUNDARY[side])
  if (graph === undefined || node === undefined) return []
  const [inner, outer] = side === 'input' ? (['outputs', 'inputs'] as const) : (['inputs', 'outputs'] as const)
  return [
    { level: id, graph, node, list: inner },
    ...instancesOf(whole, id).map((instance) => ({ ...instance, list: outer })),
  ]
}

function socketsAt(whole: Graph, id: string, side: Side): readonly GraphSocket[] | undefined {
  const [boundary] = placesOf(whole, id, side)
  return boundary?.node[boundary.list]
}

/** Inputs go by their name, outputs by their place. */
function isSocket(list: Place['list'], name: string, index: number): (socket: GraphSocket, i: number) => boolean {
  return list === 'inputs' ? (socket) => socket.name === name : (_, i) => i === index
}

function within(level: string, changes: readonly LevelChange[]): LevelChange[] {
  return changes.map((change) => ({ ...change, in: level }))
}

function cutInput(graph: Graph, node: string, input: string): LevelChange[] {
  const link = linkInto(graph, node, input)
  return link === undefined ? [] : removeLinks(graph, [link])
}

/** Removes the links from an output; those from later outputs move up by one. */
function cutOutput(graph: Graph, node: string, index: number): LevelChange[] {
  const links = [...graph.links.values()].filter(({ from }) => from === node)
  return [
    ...removeLinks(
      graph,
      links.filter(({ output }) => output === index),
    ),
    ...links.flatMap((link): LevelChange[] =>
      link.output > index ? [{ kind: 'change-link', before: link, after: { ...link, output: link.output - 1 } }] : [],
    ),
  ]
}
