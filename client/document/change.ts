import type { GraphGroup, GraphLink, GraphNode } from './graph.ts'

/** One step of an edit. Each carries what it takes to go back, so that a history is a list of these. */
export type Change =
  | { readonly kind: 'add-node'; readonly node: GraphNode }
  | { readonly kind: 'remove-node'; readonly node: GraphNode }
  | { readonly kind: 'change-node'; readonly before: GraphNode; readonly after: GraphNode }
  | { readonly kind: 'add-link'; readonly link: GraphLink }
  | { readonly kind: 'remove-link'; readonly link: GraphLink }
  | { readonly kind: 'add-group'; readonly group: GraphGroup }
  | { readonly kind: 'remove-group'; readonly group: GraphGroup }
  | { readonly kind: 'change-group'; readonly before: GraphGroup; readonly after: GraphGroup }

/** The changes that undo these, in the order in which they must be made. */
export function inverse(changes: readonly Change[]): Change[] {
  return changes.map(invert).reverse()
}

function invert(change: Change): Change {
  switch (change.kind) {
    case 'add-node':
      return { kind: 'remove-node', node: change.node }
    case 'remove-node':
      return { kind: 'add-node', node: change.node }
    case 'add-link':
      return { kind: 'remove-link', link: change.link }
    case 'remove-link':
      return { kind: 'add-link', link: change.link }
    case 'add-group':
      return { kind: 'remove-group', group: change.group }
    case 'remove-group':
      return { kind: 'add-group', group: change.group }
    case 'change-node':
    case 'change-group':
      return { ...change, before: change.after, after: change.before } as Change
  }
}
