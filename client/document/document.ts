import type { Change } from './change.ts'
import type { Graph, GraphGroup, GraphLink, GraphNode } from './graph.ts'

/** What listeners hear: an edit, step by step, or that another graph was opened. */
export type DocumentEvent =
  | { readonly kind: 'edited'; readonly changes: readonly Change[] }
  | { readonly kind: 'opened' }

/** The one truth about the graph; the canvas and the autosave listen to it. */
export class GraphDocument {
  #nodes = new Map<string, GraphNode>()
  #links = new Map<number, GraphLink>()
  #groups = new Map<string, GraphGroup>()
  #rest: Graph['rest'] = {}
  readonly #listeners = new Set<(event: DocumentEvent) => void>()

  /** The graph as it is now; it changes with the document. */
  get graph(): Graph {
    return { nodes: this.#nodes, links: this.#links, groups: this.#groups, rest: this.#rest }
  }

  open(graph: Graph): void {
    this.#nodes = new Map(graph.nodes)
    this.#links = new Map(graph.links)
    this.#groups = new Map(graph.groups)
    this.#rest = graph.rest
    this.#tell({ kind: 'opened' })
  }

  /** Makes all changes, then tells of them once. */
  commit(changes: readonly Change[]): void {
    if (changes.length === 0) return
    const made = changes.map((change) => this.#make(change))
    this.#tell({ kind: 'edited', changes: made })
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: (event: DocumentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Makes a change and returns it with the place that it was made at. */
  #make(change: Change): Change {
    switch (change.kind) {
      case 'add-node':
        this.#nodes = added(this.#nodes, change.node, change.at)
        return change
      case 'remove-node':
        return { ...change, at: removed(this.#nodes, change.node.id) }
      case 'change-node':
        this.#nodes.set(change.after.id, change.after)
        return change
      case 'add-link':
        this.#links = added(this.#links, change.link, change.at)
        return change
      case 'remove-link':
        return { ...change, at: removed(this.#links, change.link.id) }
      case 'add-group':
        this.#groups = added(this.#groups, change.group, change.at)
        return change
      case 'remove-group':
        return { ...change, at: removed(this.#groups, change.group.id) }
      case 'change-group':
        this.#groups.set(change.after.id, change.after)
        return change
    }
  }

  #tell(event: DocumentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** The same map with one more at a place in its order, or at the end. */
function added<Key, Item extends { readonly id: Key }>(
  items: Map<Key, Item>,
  item: Item,
  at: number | undefined,
): Map<Key, Item> {
  if (at === undefined || at >= items.size) return items.set(item.id, item)
  const entries = [...items]
  entries.splice(at, 0, [item.id, item])
  return new Map(entries)
}

/** Takes one out. @returns its place */
function removed<Key>(items: Map<Key, unknown>, id: Key): number {
  let at = 0
  for (const key of items.keys()) {
    if (key === id) break
    at++
  }
  items.delete(id)
  return at
}
