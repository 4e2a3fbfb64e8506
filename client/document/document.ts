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

  /** The graph as it is now; its maps change with the document. */
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
    for (const change of changes) this.#make(change)
    this.#tell({ kind: 'edited', changes })
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: (event: DocumentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #make(change: Change): void {
    switch (change.kind) {
      case 'add-node':
        this.#nodes.set(change.node.id, change.node)
        break
      case 'remove-node':
        this.#nodes.delete(change.node.id)
        break
      case 'change-node':
        this.#nodes.set(change.after.id, change.after)
        break
      case 'add-link':
        this.#links.set(change.link.id, change.link)
        break
      case 'remove-link':
        this.#links.delete(change.link.id)
        break
      case 'add-group':
        this.#groups.set(change.group.id, change.group)
        break
      case 'remove-group':
        this.#groups.delete(change.group.id)
        break
      case 'change-group':
        this.#groups.set(change.after.id, change.after)
        break
    }
  }

  #tell(event: DocumentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
