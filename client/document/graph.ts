/** The graph that is being edited, as plain immutable data: no pixel, no litegraph. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly links: ReadonlyMap<number, GraphLink>
  readonly groups: ReadonlyMap<string, GraphGroup>
  /** Top-level fields of the file that are not ours, saved back as they came. */
  readonly rest: Readonly<Record<string, unknown>>
}

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
  /** By name; what the type does not know is kept too. */
  readonly params: Readonly<Record<string, unknown>>
  readonly inputs: readonly GraphSocket[]
  readonly outputs: readonly GraphSocket[]
  readonly kept: KeptFields
}

/** ComfyUI's numbers. A muted node does not run; a bypassed one hands its input on. */
export const NODE_MODES = { always: 0, muted: 2, bypassed: 4 } as const
/** Files hold others too; they are kept and mean `always`. */
export type NodeMode = number

export interface GraphSocket {
  readonly name: string
  readonly type: string
  /** Other fields of the file: labels, colours, `widget`. */
  readonly rest: Readonly<Record<string, unknown>>
}

/** Fields of a node's file entry that the editor does not use. */
export interface KeptFields {
  readonly properties: Readonly<Record<string, unknown>>
  readonly rest: Readonly<Record<string, unknown>>
  /** Only of a type that the host does not have; of all others they are written anew. */
  readonly widgetsValues?: readonly unknown[] | Readonly<Record<string, unknown>>
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
}

export interface GraphGroup {
  readonly id: string
  readonly title: string
  /** x, y, width, height */
  readonly bounding: readonly [number, number, number, number]
  readonly rest: Readonly<Record<string, unknown>>
}

export const NOTHING_KEPT: KeptFields = { properties: {}, rest: {} }

/** The link into an input; an input takes one. */
export function linkInto(graph: Graph, node: string, input: string): GraphLink | undefined {
  for (const link of graph.links.values()) if (link.to === node && link.input === input) return link
  return undefined
}

/** Every link at a node, either end. */
export function linksOf(graph: Graph, nodes: ReadonlySet<string>): GraphLink[] {
  return [...graph.links.values()].filter((link) => nodes.has(link.from) || nodes.has(link.to))
}

/** An id that no node has: one more than the largest number. */
export function freeNodeId(graph: Graph): number {
  let largest = 0
  for (const id of graph.nodes.keys()) if (/^\d{1,15}$/.test(id)) largest = Math.max(largest, Number(id))
  return largest + 1
}

export function freeLinkId(graph: Graph): number {
  let largest = 0
  for (const id of graph.links.keys()) largest = Math.max(largest, id)
  return largest + 1
}
