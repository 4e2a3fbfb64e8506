import { type Change, isOfRun, type LevelChange } from './change.ts'
import { EMPTY_GRAPH, type Graph, type GraphGroup, type GraphLink, type GraphNode, type Reroute } from './graph.ts'
import { Ordered } from './ordered.ts'

/** What listeners hear: an edit, step by step; that another graph was opened; that another level of it is in view. */
export type DocumentEvent =
  | { readonly kind: 'edited'; readonly changes: readonly Change[] }
  | { readonly kind: 'opened' }
  | { readonly kind: 'entered' }

/** A step into a subgraph: the node that was entered, and the id of what it is made of. */
export interface Step {
  readonly node: string
  readonly definition: string
}

/** Everything that a document holds, to put it aside and take it up again. */
export interface DocumentState {
  readonly levels: Map<string, Level>
  readonly path: readonly Step[]
  readonly version: number
}

/** The outermost level. */
const ROOT = ''

/** The one truth about the graph; the canvas and the autosave listen to it. */
export class GraphDocument {
  #levels = new Map<string, Level>([[ROOT, new Level(EMPTY_GRAPH)]])
  #definitions: ReadonlyMap<string, Graph> | undefined
  #path: readonly Step[] = []
  /** Counts what was opened and edited, also of what is put aside. */
  #versions = 0
  #version = 0
  readonly #listeners = new Set<(event: DocumentEvent) => void>()

  /** The level in view as it is now; it changes with the document. */
  get graph(): Graph {
    return this.#graphOf(this.level)
  }

  /** The outermost level, whatever is in view: what is saved and run. */
  get whole(): Graph {
    return this.#graphOf(ROOT)
  }

  /** The id of the subgraph in view; empty for the outermost level. */
  get level(): string {
    return this.#path.at(-1)?.definition ?? ROOT
  }

  /** The way to the level in view. */
  get path(): readonly Step[] {
    return this.#path
  }

  /** A number that is another after each edit of what is run, there or back, and of each graph; a look at it leaves it. */
  get version(): number {
    return this.#version
  }

  open(graph: Graph): void {
    this.#levels = new Map([[ROOT, new Level(graph)]])
    for (const [id, definition] of graph.definitions) this.#levels.set(id, new Level(definition))
    this.#path = []
    this.#definitions = undefined
    this.#version = ++this.#versions
    this.#tell({ kind: 'opened' })
  }

  /** What is open; setting it opens what was put aside. */
  get state(): DocumentState {
    return { levels: this.#levels, path: this.#path, version: this.#version }
  }

  set state({ levels, path, version }: DocumentState) {
    this.#levels = levels
    this.#path = path
    this.#version = version
    this.#definitions = undefined
    this.#tell({ kind: 'opened' })
  }

  /** Brings another level into view; steps that are not there any more are left out. */
  enter(path: readonly Step[]): void {
    const end = path.findIndex(({ definition }) => !this.#levels.has(definition))
    const next = end < 0 ? path : path.slice(0, end)
    if (next.length === this.#path.length && next.every((step, i) => step.node === this.#path[i]?.node)) return
    this.#path = next
    this.#tell({ kind: 'entered' })
  }

  /** Makes all changes, then tells of them once. */
  commit(changes: readonly Change[]): void {
    if (changes.length === 0) return
    const made = changes.map((change) => this.#make(change))
    this.#definitions = undefined
    if (made.some(isOfRun)) this.#version = ++this.#versions
    this.#tell({ kind: 'edited', changes: made })
    if (!this.#levels.has(this.level)) this.enter(this.#path)
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: (event: DocumentEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #graphOf(id: string): Graph {
    this.#definitions ??= new Map(
      [...this.#levels].flatMap(([id, level]) => (id === ROOT ? [] : [[id, level.graph(EMPTY_GRAPH.definitions)]])),
    )
    return (this.#levels.get(id) ?? new Level(EMPTY_GRAPH)).graph(this.#definitions)
  }

  /** Makes a change and returns it with where it was made. */
  #make(change: Change): Change {
    switch (change.kind) {
      case 'add-definition':
        this.#addLevel(change.id, new Level(change.graph), change.at)
        return change
      case 'remove-definition': {
        const graph = this.#levels.get(change.id)?.graph(EMPTY_GRAPH.definitions)
        const at = [...this.#levels.keys()].indexOf(change.id)
        this.#levels.delete(change.id)
        return { ...change, graph: graph ?? change.graph, at }
      }
      case 'rename-definition':
        this.#levels.get(change.id)?.rename(change.after)
        return change
      default: {
        const level = change.in ?? this.level
        const made = this.#levels.get(level)?.make(change) ?? change
        return made.in === level ? made : { ...made, in: level }
      }
    }
  }

  /** @param at its place among the levels; the end where it is left out */
  #addLevel(id: string, level: Level, at = this.#levels.size): void {
    const later = [...this.#levels].slice(at)
    for (const [key] of later) this.#levels.delete(key)
    this.#levels.set(id, level)
    for (const [key, other] of later) this.#levels.set(key, other)
  }

  #tell(event: DocumentEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** One level while it is edited. */
class Level {
  readonly #nodes: Ordered<string, GraphNode>
  readonly #links: Ordered<number, GraphLink>
  readonly #groups: Ordered<string, GraphGroup>
  readonly #reroutes: Ordered<number, Reroute>
  readonly #source: Graph['source']
  #name: string | undefined
  #graph: Graph | undefined

  constructor({ nodes, links, groups, reroutes, name, source }: Graph) {
    this.#nodes = new Ordered(nodes)
    this.#links = new Ordered(links)
    this.#groups = new Ordered(groups)
    this.#reroutes = new Ordered(reroutes)
    this.#name = name
    this.#source = source
  }

  graph(definitions: Graph['definitions']): Graph {
    if (this.#graph?.definitions !== definitions) {
      this.#graph = {
        nodes: this.#nodes.items,
        links: this.#links.items,
        groups: this.#groups.items,
        reroutes: this.#reroutes.items,
        definitions,
        source: this.#source,
        ...(this.#name === undefined ? {} : { name: this.#name }),
      }
    }
    return this.#graph
  }

  rename(name: string): void {
    this.#name = name
    this.#graph = undefined
  }

  make(change: LevelChange): LevelChange {
    this.#graph = undefined
    switch (change.kind) {
      case 'add-node':
        this.#nodes.add(change.node, change.at)
        return change
      case 'remove-node':
        return { ...change, at: this.#nodes.remove(change.node.id) }
      case 'change-node':
        this.#nodes.change(change.after)
        return change
      case 'add-link':
        this.#links.add(change.link, change.at)
        return change
      case 'remove-link':
        return { ...change, at: this.#links.remove(change.link.id) }
      case 'change-link':
        this.#links.change(change.after)
        return change
      case 'add-group':
        this.#groups.add(change.group, change.at)
        return change
      case 'remove-group':
        return { ...change, at: this.#groups.remove(change.group.id) }
      case 'change-group':
        this.#groups.change(change.after)
        return change
      case 'add-reroute':
        this.#reroutes.add(change.reroute, change.at)
        return change
      case 'remove-reroute':
        return { ...change, at: this.#reroutes.remove(change.reroute.id) }
      case 'change-reroute':
        this.#reroutes.change(change.after)
        return change
    }
  }
}
