import type { GraphGroup, GraphLink, GraphNode } from './graph.ts'

/**
 * One step of an edit. Each carries what it takes to go back, so that a history is a list of these. `at` is the place in the
 * order of the file: the end where it is left out; the document notes it for what it removes.
 */
export type Change =
  | { readonly kind: 'add-node'; readonly node: GraphNode; readonly at?: number }
  | { readonly kind: 'remove-node'; readonly node: GraphNode; readonly at?: number }
  | { readonly kind: 'change-node'; readonly before: GraphNode; readonly after: GraphNode }
  | { readonly kind: 'add-link'; readonly link: GraphLink; readonly at?: number }
  | { readonly kind: 'remove-link'; readonly link: GraphLink; readonly at?: number }
  | { readonly kind: 'add-group'; readonly group: GraphGroup; readonly at?: number }
  | { readonly kind: 'remove-group'; readonly group: GraphGroup; readonly at?: number }
  | { readonly kind: 'change-group'; readonly before: GraphGroup; readonly after: GraphGroup }

/** The changes that undo these, in the order in which they must be made. */
export function inverse(changes: readonly Change[]): Change[] {
  return changes.map(invert).reverse()
}

const OPPOSITE = {
  'add-node': 'remove-node',
  'remove-node': 'add-node',
  'add-link': 'remove-link',
  'remove-link': 'add-link',
  'add-group': 'remove-group',
  'remove-group': 'add-group',
} as const

function invert(change: Change): Change {
  if (change.kind === 'change-node' || change.kind === 'change-group')
    return { ...change, before: change.after, after: change.before } as Change
  return { ...change, kind: OPPOSITE[change.kind] } as Change
}
