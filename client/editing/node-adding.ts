import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { canConnect } from '../../server/graph/link-types.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import type { OpenEnd } from '../canvas/scene.ts'
import { connect, flowingType, type Wish } from '../document/connect.ts'
import type { GraphDocument } from '../document/document.ts'
import { changeNode, newNode } from '../document/edits.ts'
import type { Graph, GraphNode, Point } from '../document/graph.ts'
import type { EditHistory } from '../document/history.ts'
import { mayHold } from '../document/instances.ts'
import { freePlace, makeRoom } from '../document/room.ts'
import { definitionType, OFFERED_TYPES } from '../document/virtual-types.ts'
import { openNodeSearch } from '../panels/node-search.ts'
import type { Anchor } from '../panels/popup.ts'
import type { Commands } from './commands.ts'

/** What a node that is chosen from the list is added for. */
export type Purpose = OpenEnd | { readonly kind: 'link'; readonly link: number }

/** Between a node and the one that it feeds, in the graph's units. */
const COLUMN_GAP = 60

interface AddingParts {
  readonly document: GraphDocument
  readonly history: EditHistory
  readonly view: Pick<GraphView, 'sized' | 'select' | 'selected' | 'areaOf'>
  readonly commands: Pick<Commands, 'insertOnLink'>
  readonly types: () => Catalogue
  /** Says why something cannot be. */
  readonly refuse: (reason: string) => void
}

/** Adds nodes that a person chooses from the list, linked to what they were asked for. */
export class NodeAdding {
  readonly #parts: AddingParts

  constructor(parts: AddingParts) {
    this.#parts = parts
  }

  add(type: NodeDescription, at: Point, purpose?: Purpose): void {
    const { document, history, view, commands, refuse } = this.#parts
    if (document.graph.definitions.has(type.id) && !mayHold(document.whole, document.level, type.id)) {
      refuse('A subgraph cannot hold itself.')
      return
    }
    const end = purpose ?? this.#selectedEnd(type)
    history.together(() => {
      const node = newNode(document.graph, type, [Math.round(at[0]), Math.round(at[1])])
      document.commit([{ kind: 'add-node', node }])
      document.commit(view.sized([node.id]))
      if (end?.kind === 'link') this.#makeRoomIn(node.id, end.link)
      else this.#place(node.id, purpose === undefined ? this.#rightOf(end) : undefined)
      view.select([node.id])
      if (end?.kind === 'link') commands.insertOnLink(node.id, end.link)
      else if (end !== undefined) this.#connectNew(node, end)
    })
  }

  /** The free output of the one node that is selected, where a new node can take what it gives. */
  #selectedEnd(type: NodeDescription): OpenEnd | undefined {
    const { document, view } = this.#parts
    const { graph } = document
    const [id, ...others] = view.selected
    const node = graph.nodes.get(id ?? '')
    if (node === undefined || node.outputs.length === 0 || others.length > 0) return undefined
    if ([...graph.links.values()].some(({ from }) => from === node.id)) return undefined
    const given = flowingType(graph, node.id, 0)
    if (!type.inputs.some((input) => canConnect(given, input.type))) return undefined
    return { kind: 'from', node: node.id, output: 0, type: given }
  }

  /** The place right of the node that an end is of. */
  #rightOf(end: OpenEnd | undefined): Point | undefined {
    const area = end && this.#parts.view.areaOf(end.node)
    return area && [area.x + area.width + COLUMN_GAP, area.y]
  }

  /** Puts a new node where it lies on no other: as near as can be to a corner, its own where that is left out. */
  #place(id: string, corner?: Point): void {
    const { document, view } = this.#parts
    const own = view.areaOf(id)
    const node = document.graph.nodes.get(id)
    if (own === undefined || node === undefined) return
    const taken = [...document.graph.nodes.keys()].flatMap((other) => (other === id ? [] : (view.areaOf(other) ?? [])))
    const [x, y] = freePlace({ ...own, x: corner?.[0] ?? own.x, y: corner?.[1] ?? own.y }, taken)
    const position: Point = [node.position[0] + Math.round(x - own.x), node.position[1] + Math.round(y - own.y)]
    document.commit(changeNode(document.graph, id, { position }))
  }

  /** Puts a new node between the two ends of a link; what is right of them moves on where there is too little room. */
  #makeRoomIn(id: string, link: number): void {
    const { document, view } = this.#parts
    const { from, to } = document.graph.links.get(link) ?? {}
    const [before, own, after] = [view.areaOf(from ?? ''), view.areaOf(id), view.areaOf(to ?? '')]
    if (before === undefined || own === undefined || after === undefined) return
    const left = before.x + before.width + COLUMN_GAP
    // A link that runs back has no room between its ends.
    if (after.x < before.x + before.width) {
      this.#place(id)
      return
    }
    document.commit(makeRoom(document.graph, after.x, left + own.width + COLUMN_GAP - after.x))
    this.#place(id, [left, before.y])
  }

  /** Links a new node to the end that it was asked for: its first socket that can be. */
  #connectNew(node: GraphNode, end: OpenEnd): void {
    const plain = node.inputs.filter(({ isWidget }) => isWidget !== true)
    const wishes: Wish[] =
      end.kind === 'from'
        ? [...plain, ...node.inputs].map(({ name }) => ({
            from: end.node,
            output: end.output,
            to: node.id,
            input: name,
          }))
        : node.outputs.map((_, output) => ({ from: node.id, output, to: end.node, input: end.input }))
    const { document, types } = this.#parts
    for (const wish of wishes) {
      const connection = connect(document.graph, wish, types())
      if (!connection.ok) continue
      document.commit(connection.changes)
      return
    }
  }

  search(anchor: Anchor, at: Point, purpose?: Purpose): void {
    const { graph } = this.#parts.document
    const types = this.#parts.types()
    const subgraphs = [...graph.definitions.keys()].flatMap((id) => definitionType(graph, id, types) ?? [])
    const all = [...types.values(), ...OFFERED_TYPES, ...subgraphs]
    openNodeSearch(all.filter(fitting(graph, purpose)), anchor, (type) => this.add(type, at, purpose))
  }
}

/** Which nodes could be linked to an open end, or put into a link. */
function fitting(graph: Graph, purpose: Purpose | undefined): (type: NodeDescription) => boolean {
  const takes = (given: string) => (type: NodeDescription) =>
    type.inputs.some((input) => canConnect(given, input.type)) ||
    (given !== '*' && type.parameters.some(({ kind }) => canConnect(given, kind)))
  const gives = (wanted: string) => (type: NodeDescription) =>
    type.outputs.some((output) => canConnect(output.type, wanted))
  if (purpose === undefined) return () => true
  if (purpose.kind === 'from') return takes(flowingType(graph, purpose.node, purpose.output))
  if (purpose.kind === 'to') return gives(purpose.type)
  const link = graph.links.get(purpose.link)
  const target = graph.nodes.get(link?.to ?? '')?.inputs.find(({ name }) => name === link?.input)
  if (link === undefined || target === undefined) return () => false
  const [into, out] = [takes(flowingType(graph, link.from, link.output)), gives(target.type)]
  return (type) => into(type) && out(type)
}
