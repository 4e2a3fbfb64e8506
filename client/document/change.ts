import type { Graph, GraphGroup, GraphLink, GraphNode, Reroute } from './graph.ts'

/**
 * One step of an edit. Each carries what it takes to go back, so that a history is a list of these. `at` is the place in the
 * order of the file: the end where it is left out; the document notes it for what it removes.
 */
export type Change = LevelChange | DefinitionChange

/** A change of one level; `in` is the subgraph, and the document notes it: the one in view where it is left out. */
export type LevelChange = (
  | { readonly kind: 'add-node'; readonly node: GraphNode; readonly at?: number }
  | { readonly kind: 'remove-node'; readonly node: GraphNode; readonly at?: number }
  | { readonly kind: 'change-node'; readonly before: GraphNode; readonly after: GraphNode }
  | { readonly kind: 'add-link'; readonly link: GraphLink; readonly at?: number }
  | { readonly kind: 'remove-link'; readonly link: GraphLink; readonly at?: number }
  | { readonly kind: 'change-link'; readonly before: GraphLink; readonly after: GraphLink }
  | { readonly kind: 'add-group'; readonly group: GraphGroup; readonly at?: number }
  | { readonly kind: 'remove-group'; readonly group: GraphGroup; readonly at?: number }
  | { readonly kind: 'change-group'; readonly before: GraphGroup; readonly after: GraphGroup }
  | { readonly kind: 'add-reroute'; readonly reroute: Reroute; readonly at?: number }
  | { readonly kind: 'remove-reroute'; readonly reroute: Reroute; readonly at?: number }
  | { readonly kind: 'change-reroute'; readonly before: Reroute; readonly after: Reroute }
) & { readonly in?: string }

export type DefinitionChange =
  | { readonly kind: 'add-definition'; readonly id: string; readonly graph: Graph; readonly at?: number }
  | { readonly kind: 'remove-definition'; readonly id: string; readonly graph: Graph; readonly at?: number }
  | { readonly kind: 'rename-definition'; readonly id: string; readonly before: string; readonly after: string }

/** What of a node decides what comes out of the graph; the rest is how it looks and what people read. */
const RUN_BY = ['type', 'mode', 'params', 'inputs', 'outputs'] as const

/** Whether another thing may come out of the graph after a change: nothing else does where something was only moved. */
export function isOfRun(change: Change): boolean {
  switch (change.kind) {
    case 'change-node':
      return RUN_BY.some((key) => change.before[key] !== change.after[key])
    case 'add-group':
    case 'remove-group':
    case 'change-group':
    case 'add-reroute':
    case 'remove-reroute':
    case 'change-reroute':
    case 'rename-definition':
      return false
    default:
      return true
  }
}

/** The changes that undo these, in the order in which they must be made. */
export function inverse(changes: readonly Change[]): Change[] {
  return changes.map(invert).reverse()
}

const OPPOSITE: Readonly<Record<string, string>> = Object.fromEntries(
  ['node', 'link', 'group', 'reroute', 'definition'].flatMap((thing) => [
    [`add-${thing}`, `remove-${thing}`],
    [`remove-${thing}`, `add-${thing}`],
  ]),
)

function invert(change: Change): Change {
  if ('before' in change) return { ...change, before: change.after, after: change.before } as Change
  return { ...change, kind: OPPOSITE[change.kind] } as Change
}
