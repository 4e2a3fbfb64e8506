import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import type { GraphDocument } from '../document/document.ts'
import type { Point } from '../document/graph.ts'
import { type Direction, nextNode } from '../document/next-node.ts'
import { nodeWords } from '../document/node-words.ts'
import { fieldLabel } from '../document/parameters.ts'
import { openMenu } from '../panels/menu.ts'
import { STRINGS } from '../strings.ts'

interface WalkParts {
  readonly document: GraphDocument
  readonly view: Pick<GraphView, 'selected' | 'select' | 'areaOf' | 'reveal' | 'placeOf' | 'fieldsOf' | 'said'>
  readonly types: () => Catalogue
  /** Says to those who do not see the graph what they have come to. */
  readonly say: (words: string) => void
  /** Opens the menu of a node at a point of the page and of the graph. */
  readonly openMenu: (node: string, page: Point, at: Point) => void
}

/** Walks the graph by keys alone: from node to node, into the fields of one, to its menu. */
export class NodeWalk {
  readonly #parts: WalkParts

  constructor(parts: WalkParts) {
    this.#parts = parts
  }

  /** Selects the node that lies or is linked that way; from none or several, the first. */
  step(direction: Direction): void {
    const { document, view, types, say } = this.#parts
    const { graph } = document
    const areas = new Map(
      [...graph.nodes.keys()].flatMap((id) => {
        const area = view.areaOf(id)
        return area === undefined ? [] : [[id, area] as const]
      }),
    )
    const next = nextNode(graph, areas, this.#only, direction)
    const node = graph.nodes.get(next ?? '')
    if (node === undefined) return
    view.select([node.id])
    view.reveal(node.id)
    say([nodeWords(graph, node, types()), ...view.said(node.id)].join(' '))
  }

  /** Opens the field of the selected node, or a list of them where it has several. */
  fields(): void {
    const { view } = this.#parts
    const node = this.#only
    if (node === undefined) return
    const fields = view.fieldsOf(node)
    const [first, ...others] = fields
    if (others.length === 0) {
      first?.open()
      return
    }
    const items = fields.map(({ name, value, open }) => ({ label: fieldLabel(name), note: value, act: open }))
    openMenu(STRINGS.fields, items, view.placeOf(this.#areaOf(node)))
  }

  /** Opens the menu of the selected node. */
  menu(): void {
    const node = this.#only
    if (node === undefined) return
    const area = this.#areaOf(node)
    const { x, y } = this.#parts.view.placeOf(area)
    this.#parts.openMenu(node, [x, y], [area.x, area.y])
  }

  get #only(): string | undefined {
    const [id, ...others] = this.#parts.view.selected
    return others.length === 0 ? id : undefined
  }

  #areaOf(node: string) {
    return this.#parts.view.areaOf(node) ?? { x: 0, y: 0, width: 0, height: 0 }
  }
}
