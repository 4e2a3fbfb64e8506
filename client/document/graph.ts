/** One level of the graph that is being edited, as plain immutable data: no pixel, no litegraph. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly links: ReadonlyMap<number, GraphLink>
  readonly groups: ReadonlyMap<string, GraphGroup>
  readonly reroutes: ReadonlyMap<number, Reroute>
  /** The subgraphs of the whole document, by the id that is the type of their nodes. */
  readonly definitions: ReadonlyMap<string, Graph>
  /** Only a subgraph has one. */
  readonly name?: string
  /** The file's object, its lists left empty: what it says otherwise is saved back as it came, in its order. */
  readonly source: FileEntry
}

/** An object of the file, never changed. */
export type FileEntry = Readonly<Record<string, unknown>>

export type Point = readonly [number, number]

export interface GraphNode {
  readonly id: string
  readonly type: string
  /** Absent: the title of its type. */
  readonly title?: string
  readonly position: Point
  readonly size: Point
  readonly mode: NodeMode
  readonly collapsed: boolean
  readonly pinned: boolean
  /** Of the title and of the card. */
  readonly color?: string
  readonly background?: string
  /** By name; what the type does not know is kept too. */
  readonly params: Readonly<Record<string, unknown>>
  /** Parameters that the form shows, with what they are called there. */
  readonly form?: Readonly<Record<string, string>>
  readonly inputs: readonly GraphSocket[]
  readonly outputs: readonly GraphSocket[]
  /** Absent: made here. */
  readonly source?: FileEntry
}

export { isOff, NODE_MODES } from '../../server/graph/workflow.ts'

/** Files hold others too; they are kept and mean `always`. */
export type NodeMode = number

export interface GraphSocket {
  /** Unique among the node's inputs; outputs go by their place. */
  readonly name: string
  readonly type: string
  /** What a person called it. */
  readonly label?: string
  /** It stands for a parameter, and shows only while a link feeds it. */
  readonly isWidget?: boolean
  readonly source?: FileEntry
  /** Links that the file names here and has nowhere: kept until something here changes or a link gets their number. */
  readonly stale?: readonly number[]
}

export interface GraphLink {
  readonly id: number
  readonly from: string
  /** Index of the output. */
  readonly output: number
  readonly to: string
  /** Name of the input. */
  readonly input: string
  readonly type: string
  /** The last reroute on its way; that one knows the one before. */
  readonly parent?: number
  readonly source?: FileEntry | readonly unknown[]
}

/** A point that links run through. */
export interface Reroute {
  readonly id: number
  /** The reroute before it, on the way from the output. */
  readonly parent?: number
  readonly position: Point
  readonly source?: FileEntry
  readonly stale?: readonly number[]
}

export interface GraphGroup {
  readonly id: string
  readonly title: string
  /** x, y, width, height */
  readonly bounding: readonly [number, number, number, number]
  readonly color?: string
  readonly source?: FileEntry
}

/** Where a subgraph's inputs come from and its outputs go to: nodes of its inside with ComfyUI's ids. */
export const BOUNDARY = { input: '-10', output: '-20' } as const
export const BOUNDARY_TYPES: Readonly<Record<string, string>> = { '-10': 'graph/input', '-20': 'graph/output' }

export function isBoundary(node: { readonly type: string }): boolean {
  return node.type === 'graph/input' || node.type === 'graph/output'
}

export const EMPTY_GRAPH: Graph = {
  nodes: new Map(),
  links: new Map(),
  groups: new Map(),
  reroutes: new Map(),
  definitions: new Map(),
  source: {},
}

/** The link into an input; an input takes one. */
export function linkInto(graph: Graph, node: string, input: string): GraphLink | undefined {
  for (const link of graph.links.values()) if (link.to === node && link.input === input) return link
  return undefined
}

/** Every link at these nodes, either end. */
export function linksOf(graph: Graph, nodes: ReadonlySet<string>): GraphLink[] {
  return [...graph.links.values()].filter((link) => nodes.has(link.from) || nodes.has(link.to))
}

/** Points of a link beyond these are not followed: a file may send every link through thousands. */
const MOST_POINTS = 100

/** The reroutes that a link runs through, from the output to the input. */
export function waypoints(graph: Pick<Graph, 'reroutes'>, link: GraphLink): Reroute[] {
  const points: Reroute[] = []
  const seen = new Set<number>()
  for (let id = link.parent; id !== undefined && !seen.has(id) && points.length < MOST_POINTS; ) {
    seen.add(id)
    const reroute = graph.reroutes.get(id)
    if (reroute === undefined) break
    points.push(reroute)
    id = reroute.parent
  }
  return points.reverse()
}

/** The ids of the links that run through each reroute. */
export function linksThrough(graph: Pick<Graph, 'reroutes'>, links: Iterable<GraphLink>): Map<number, number[]> {
  const through = new Map<number, number[]>()
  for (const link of links) {
    for (const { id } of waypoints(graph, link)) {
      const ids = through.get(id)
      if (ids === undefined) through.set(id, [link.id])
      else ids.push(link.id)
    }
  }
  return through
}

/** An id that no node has. */
export function freeNodeId(graph: Graph): number {
  return freeNumber(graph.nodes)
}

export function freeLinkId(graph: Graph): number {
  return freeNumber(graph.links)
}

/** Ids beyond this are not counted on from, so that a file with a huge one leaves room. */
const HIGHEST = 2 ** 31

/** One more than the largest; in a file with huge ids the smallest that is free. */
export function freeNumber(taken: ReadonlyMap<string | number, unknown>): number {
  let largest = 0
  for (const key of taken.keys()) {
    const id = Number(key)
    if (Number.isSafeInteger(id) && id > largest && id < HIGHEST) largest = id
  }
  return largest + 1
}
