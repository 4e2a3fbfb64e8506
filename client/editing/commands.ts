import type { Catalogue } from '../../server/graph/catalogue.ts'
import { randomId } from '../browser/random-id.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import { type Moving, moveBy, movingWith, nodesIn } from '../canvas/moving.ts'
import { type Alignment, align, distribute, tidy } from '../document/arrange.ts'
import type { GraphDocument } from '../document/document.ts'
import { changeNode, colorNode, cornerOf, insertGraph, partOf, removeNodes, renameNode } from '../document/edits.ts'
import { type GraphGroup, isBoundary, NODE_MODES, type Point } from '../document/graph.ts'
import type { EditHistory } from '../document/history.ts'
import { makeSubgraph } from '../document/make-subgraph.ts'
import { expose, type InnerEnd, removeSocket, renameSocket, type Side } from '../document/subgraph-boundary.ts'
import { unpackSubgraph } from '../document/unpack-subgraph.ts'
import { addReroute, bridgeNodes, groupAround, insertOnLink, removeReroute } from '../document/wiring.ts'

interface CommandParts {
  readonly document: GraphDocument
  readonly history: EditHistory
  readonly view: GraphView
  readonly types: () => Catalogue
  /** Says why something cannot be. */
  readonly refuse: (reason: string) => void
}

/** What a person does to nodes, groups and links that are there; menus and keys only call this. */
export class Commands {
  readonly #parts: CommandParts
  /** What an arrow moves while it is held: nothing more, whatever a group passes over. */
  #nudged: { readonly selection: string; readonly moving: Moving } | undefined

  constructor(parts: CommandParts) {
    this.#parts = parts
  }

  get #graph() {
    return this.#parts.document.graph
  }

  readonly #areaOf = (id: string) => this.#parts.view.areaOf(id)

  get #selected(): ReadonlySet<string> {
    return this.#parts.view.selected
  }

  /** Mutes or bypasses nodes; where all of them are so already: back to always. */
  toggleMode(mode: 'muted' | 'bypassed', ids = this.#selected): void {
    const nodes = this.#nodes(ids)
    const next = nodes.every((node) => node.mode === NODE_MODES[mode]) ? NODE_MODES.always : NODE_MODES[mode]
    this.#commit(nodes.flatMap(({ id }) => changeNode(this.#graph, id, { mode: next })))
  }

  toggleCollapsed(ids = this.#selected): void {
    const nodes = this.#nodes(ids)
    const collapsed = !nodes.every((node) => node.collapsed)
    this.#commit(nodes.flatMap(({ id }) => changeNode(this.#graph, id, { collapsed })))
  }

  /** Nodes that are pinned stay where they are. */
  togglePinned(ids = this.#selected): void {
    const nodes = this.#nodes(ids)
    const pinned = !nodes.every((node) => node.pinned)
    this.#commit(nodes.flatMap(({ id }) => changeNode(this.#graph, id, { pinned })))
  }

  rename(id: string, title: string): void {
    this.#commit(renameNode(this.#graph, id, title))
  }

  color(ids: ReadonlySet<string>, colors: { color: string; background: string } | undefined): void {
    this.#commit([...ids].flatMap((id) => colorNode(this.#graph, id, colors)))
  }

  remove(ids = this.#selected): void {
    this.#commit(removeNodes(this.#graph, ids, this.#groupsWith(ids)))
  }

  /** Removes nodes and links what fed them to what they fed. */
  dissolve(ids = this.#selected): void {
    const graph = this.#graph
    this.#commit([...removeNodes(graph, ids, this.#groupsWith(ids)), ...bridgeNodes(graph, ids)])
  }

  duplicate(ids = this.#selected): void {
    const part = partOf(this.#graph, ids, this.#groupsWith(ids))
    if (part.nodes.size === 0) return
    const [left, top] = cornerOf(part)
    const made = insertGraph(this.#graph, part, [left + 30, top + 30])
    this.#commit(made.changes)
    this.#parts.view.select(made.ids, made.groups)
  }

  align(to: Alignment): void {
    this.#commit(align(this.#graph, this.#placed(), to))
  }

  distribute(axis: 'x' | 'y'): void {
    this.#commit(distribute(this.#graph, this.#placed(), axis))
  }

  /** Columns from left to right: of what is selected, else of everything. */
  tidy(): void {
    const ids = this.#selected.size > 1 ? this.#selected : new Set(this.#graph.nodes.keys())
    this.#commit(tidy(this.#graph, this.#placed(ids)))
  }

  /**
   * Moves what is selected by so much, with all that goes along.
   * @param isHeld whether it goes on with what the same key began
   */
  nudge(by: Point, isHeld = false): void {
    const { selected: nodes, selectedGroups: groups } = this.#parts.view
    const selection = JSON.stringify([[...nodes], [...groups]])
    if (!isHeld || selection !== this.#nudged?.selection) {
      this.#nudged = { selection, moving: movingWith(this.#graph, this.#areaOf, { nodes, groups }) }
    }
    this.#commit(moveBy(this.#graph, this.#nudged.moving, by))
  }

  /** A group around what is selected, or an empty one at a point. @returns its id */
  addGroup(at: Point): string {
    const areas = this.#placed()
    const group: GraphGroup =
      areas.length > 0
        ? groupAround(this.#graph, areas)
        : groupAround(this.#graph, [{ x: at[0], y: at[1], width: 380, height: 240 }])
    this.#commit([{ kind: 'add-group', group }])
    return group.id
  }

  changeGroup(id: string, fields: Partial<Pick<GraphGroup, 'title' | 'color'>>): void {
    const before = this.#graph.groups.get(id)
    if (before !== undefined) this.#commit([{ kind: 'change-group', before, after: { ...before, ...fields } }])
  }

  /** A group as tight around what lies in it as it can be. */
  fitGroup(id: string): void {
    const before = this.#graph.groups.get(id)
    const areas = this.#placed(new Set(this.nodesIn(id)))
    if (before === undefined || areas.length === 0) return
    const { bounding } = groupAround(this.#graph, areas)
    this.#commit([{ kind: 'change-group', before, after: { ...before, bounding } }])
  }

  /** Removes a group, and what lies in it too where that is asked. */
  removeGroup(id: string, withContents = false): void {
    const group = this.#graph.groups.get(id)
    if (group === undefined) return
    const nodes = withContents ? removeNodes(this.#graph, new Set(this.nodesIn(id))) : []
    this.#commit([...nodes, { kind: 'remove-group', group }])
  }

  /** Nodes whose middle lies in a group. */
  nodesIn(id: string): string[] {
    const group = this.#graph.groups.get(id)
    return group === undefined ? [] : nodesIn(this.#graph, this.#areaOf, group)
  }

  insertOnLink(node: string, link: number): void {
    this.#commit(insertOnLink(this.#graph, node, link, this.#parts.types()))
  }

  addReroute(link: number, at: Point): void {
    this.#commit(addReroute(this.#graph, link, at))
  }

  removeReroute(id: number): void {
    this.#commit(removeReroute(this.#graph, id))
  }

  /** One node of what is selected, with the rest inside it. */
  makeSubgraph(ids = this.#selected): void {
    const made = makeSubgraph(this.#graph, ids, randomId(), 'New subgraph', this.#parts.types())
    if ('reason' in made) {
      this.#parts.refuse(made.reason)
      return
    }
    this.#parts.history.together(() => {
      this.#commit(made.changes)
      this.#commit(this.#parts.view.sized([made.node]))
    })
    this.#parts.view.select([made.node])
  }

  unpackSubgraph(id: string): void {
    const made = unpackSubgraph(this.#graph, this.#parts.document.whole, id)
    if (made === undefined) return
    this.#commit(made.changes)
    this.#parts.view.select(made.ids)
  }

  enterSubgraph(id: string): void {
    const { document } = this.#parts
    const definition = this.#graph.nodes.get(id)?.type ?? ''
    if (this.#graph.definitions.has(definition)) document.enter([...document.path, { node: id, definition }])
  }

  leaveSubgraph(): void {
    this.#parts.document.enter(this.#parts.document.path.slice(0, -1))
  }

  renameSubgraph(id: string, name: string): void {
    const before = this.#graph.definitions.get(id)?.name
    const after = name.trim()
    if (before !== undefined && after !== '' && after !== before) {
      this.#commit([{ kind: 'rename-definition', id, before, after }])
    }
  }

  expose(end: InnerEnd): void {
    const { document } = this.#parts
    this.#commit(expose(document.whole, document.level, end))
  }

  renameSocket(kind: Side, index: number, name: string): void {
    const { document } = this.#parts
    this.#commit(renameSocket(document.whole, document.level, kind, index, name))
  }

  removeSocket(kind: Side, index: number): void {
    const { document } = this.#parts
    this.#commit(removeSocket(document.whole, document.level, kind, index))
  }

  /** Groups that are selected go with what is selected; a node that is taken alone leaves them. */
  #groupsWith(ids: ReadonlySet<string>): ReadonlySet<string> {
    const isAll = ids.size === this.#selected.size && [...this.#selected].every((id) => ids.has(id))
    return isAll ? this.#parts.view.selectedGroups : new Set()
  }

  #nodes(ids: ReadonlySet<string>) {
    return [...ids].flatMap((id) => this.#graph.nodes.get(id) ?? []).filter((node) => !isBoundary(node))
  }

  #placed(ids = this.#selected) {
    return [...ids].flatMap((id) => {
      const area = this.#areaOf(id)
      return area === undefined ? [] : [{ id, ...area }]
    })
  }

  #commit(changes: Parameters<GraphDocument['commit']>[0]): void {
    this.#parts.document.commit(changes)
  }
}
