import type { Catalogue } from '../../server/graph/catalogue.ts'
import { REROUTE } from '../../server/graph/virtual-nodes.ts'
import { originOf } from './connect.ts'
import type { Step } from './document.ts'
import { type Graph, type GraphNode, linkInto, NODE_MODES } from './graph.ts'
import { titleOf } from './virtual-types.ts'

/** Where a node is that a run calls `outer:inner`. */
export interface RunNode {
  readonly path: readonly Step[]
  readonly level: Graph
  readonly node: GraphNode
}

/** The node that a run means; undefined where the graph has it not, or not any more. */
export function runNode(graph: Graph, runId: string): RunNode | undefined {
  const path: Step[] = []
  let level = graph
  let rest = runId
  for (;;) {
    const node = level.nodes.get(rest)
    if (node !== undefined) return { path, level, node }
    const [first = ''] = rest.split(':', 1)
    const type = level.nodes.get(first)?.type ?? ''
    const definition = graph.definitions.get(type)
    if (definition === undefined) return undefined
    path.push({ node: first, definition: type })
    level = { ...definition, definitions: graph.definitions }
    rest = rest.slice(first.length + 1)
  }
}

/** What a person reads on a node that a run means; undefined where there is none. */
export function runTitle(graph: Graph, runId: string, types: Catalogue): string | undefined {
  const found = runNode(graph, runId)
  return found === undefined ? undefined : titleOf(found.level, found.node, types)
}

/** Why nothing comes through the link into an input of a node that a run means; undefined where there is no link. */
export function whyEmpty(graph: Graph, runId: string, input: string, types: Catalogue): string | undefined {
  const found = runNode(graph, runId)
  if (found === undefined) return undefined
  const { level, node } = found
  const link = linkInto(level, node.id, input)
  const source = link && level.nodes.get(originOf(level, link.from, link.output).from)
  // A reroute that nothing feeds.
  if (source === undefined || source.type === REROUTE) return undefined
  const title = titleOf(level, source, types)
  switch (source.mode) {
    case NODE_MODES.muted:
      return `‘${input}’ gets nothing: ${title}, which feeds it, is muted.`
    case NODE_MODES.bypassed:
      return `‘${input}’ gets nothing: ${title}, which feeds it, is bypassed and hands nothing on.`
    default:
      return `‘${input}’ gets nothing from ${title}, which feeds it.`
  }
}
