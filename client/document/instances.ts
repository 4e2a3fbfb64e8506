import type { Graph, GraphNode } from './graph.ts'

/** A node made of a subgraph, and the level that it stands on; `level` is empty for the outermost. */
export interface Instance {
  readonly level: string
  readonly graph: Graph
  readonly node: GraphNode
}

/** Where a subgraph is used. */
export function instancesOf(whole: Graph, id: string): Instance[] {
  const levels: [string, Graph][] = [['', whole], ...whole.definitions]
  return levels.flatMap(([level, graph]) =>
    [...graph.nodes.values()].flatMap((node) => (node.type === id ? [{ level, graph, node }] : [])),
  )
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
