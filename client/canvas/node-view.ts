import { LGraphNode, type Pair } from 'litegraph.js/build/litegraph.core.js'
import { connect } from '../document/connect.ts'
import { type GraphNode, linkInto, type Point } from '../document/graph.ts'
import { showsPictures, uploadParameter } from './picture-place.ts'
import type { Place, Scene } from './scene.ts'
import { COLORS, MEASURES, socketColor } from './theme.ts'
import { buttonWidget, type Widget, widgetFor } from './widgets.ts'

/**
 * One node of the document as litegraph draws and drags it. It holds no value: connecting and disconnecting edits the
 * document, whose events bring the links here.
 */
export class NodeView extends LGraphNode {
  readonly scene: Scene
  declare widgets: Widget[]

  constructor(scene: Scene, node: GraphNode) {
    super()
    this.scene = scene
    this.id = node.id
    this.type = node.type
    const type = scene.typeOf(node)
    const required = new Set(type?.inputs.filter((input) => input.required).map(({ name }) => name))
    this.inputs = node.inputs.map(({ name, type }) => ({
      name,
      type,
      link: null,
      label: words(name),
      // A ring for what may stay empty.
      ...(required.has(name) ? {} : { color_off: COLORS.emptySocket }),
      color_on: socketColor(type),
    }))
    this.outputs = node.outputs.map(({ name, type }) => ({
      name,
      type,
      links: [],
      label: words(name),
      color_on: socketColor(type),
    }))
    const linked = new Set(node.inputs.map(({ name }) => name))
    this.widgets = (type?.parameters ?? [])
      .filter(({ name }) => !linked.has(name))
      .map((parameter) => widgetFor(scene, node.id, parameter))
    const upload = uploadParameter(type)
    if (upload !== undefined) {
      this.widgets.push(buttonWidget(scene, 'Choose a picture…', () => scene.page.pickPicture(node.id, upload)))
    }
    this.widgets_start_y = this.#slotsHeight()
    this.redraw_on_mouse = showsPictures(type)
    this.mirror(node)
  }

  /** The node of the document; gone only while litegraph finishes an event. */
  get model(): GraphNode | undefined {
    return this.scene.document.graph.nodes.get(this.id)
  }

  /** Takes over what the document says of place, size and state. */
  mirror(node: GraphNode): void {
    const least = this.computeSize()
    const type = this.scene.typeOf(node)
    this.title = node.title ?? type?.title ?? node.type
    this.pos = [node.position[0], node.position[1]]
    const fresh = node.size[1] === 0
    const wanted = fresh && showsPictures(type) ? (least[1] ?? 0) + MEASURES.picture - PICTURE_LEAST : node.size[1]
    this.size = [Math.max(least[0] ?? 0, node.size[0]), Math.max(least[1] ?? 0, wanted)]
    this.mode = node.mode
    this.flags = { collapsed: node.collapsed }
  }

  /** The place for pictures and texts, in the node's own coordinates. */
  get picturePlace(): Place {
    const y = this.#contentTop()
    const { margin } = MEASURES
    return { x: margin, y, width: (this.size[0] ?? 0) - 2 * margin, height: (this.size[1] ?? 0) - y - margin }
  }

  override getTitle(): string {
    return this.title
  }

  override computeSize(): Pair {
    const model = this.model
    const pictures = model !== undefined && showsPictures(this.scene.typeOf(model)) ? PICTURE_LEAST : 0
    return [MEASURES.width, this.#contentTop() + pictures + (this.widgets?.length > 0 || pictures > 0 ? 6 : 0)]
  }

  /** Sockets sit on the edge. */
  override getConnectionPos(isInput: boolean, slot: number, out: Pair = new Float32Array(2)): Pair {
    super.getConnectionPos(isInput, slot, out)
    const width = this.flags.collapsed === true ? (this._collapsed_width ?? 80) : (this.size[0] ?? 0)
    out[0] = (this.pos[0] ?? 0) + (isInput ? 0 : width)
    return out
  }

  override connect(slot: number, target: LGraphNode, targetSlot: number | string): null {
    const index =
      typeof targetSlot === 'number' ? targetSlot : target.inputs.findIndex(({ name }) => name === targetSlot)
    const input = target.inputs[index]?.name
    if (input === undefined) return null
    const { document, page } = this.scene
    const connection = connect(document.graph, { from: this.id, output: slot, to: target.id, input })
    if (connection.ok) document.commit(connection.changes)
    else page.refuse(connection.reason)
    return null
  }

  /** A link let go over a node: its first free input that fits, else the first that fits. */
  override connectByType(slot: number, target: LGraphNode): null {
    return this.#connectAny(this.id, slot, target.id)
  }

  override connectByTypeOutput(slot: number, source: LGraphNode): null {
    const input = this.inputs[slot]?.name
    const outputs = source.outputs.map((_, output) => ({ from: source.id, output, to: this.id, input: input ?? '' }))
    this.#makeFirst(outputs)
    return null
  }

  override disconnectInput(slot: number): boolean {
    const name = this.inputs[slot]?.name
    const link = name === undefined ? undefined : linkInto(this.scene.document.graph, this.id, name)
    if (link !== undefined) this.scene.document.commit([{ kind: 'remove-link', link }])
    return link !== undefined
  }

  override disconnectOutput(slot: number): boolean {
    const { document } = this.scene
    const links = [...document.graph.links.values()].filter(({ from, output }) => from === this.id && output === slot)
    document.commit(links.map((link) => ({ kind: 'remove-link', link }) as const))
    return links.length > 0
  }

  #connectAny(from: string, output: number, to: string): null {
    const { graph } = this.scene.document
    const inputs = graph.nodes.get(to)?.inputs.map(({ name }) => name) ?? []
    const free = inputs.filter((input) => linkInto(graph, to, input) === undefined)
    const taken = inputs.filter((input) => !free.includes(input))
    this.#makeFirst([...free, ...taken].map((input) => ({ from, output, to, input })))
    return null
  }

  /** Makes the first wish that can be; says why the first cannot where none can. */
  #makeFirst(wishes: readonly { from: string; output: number; to: string; input: string }[]): void {
    const { document, page } = this.scene
    const connections = wishes.map((wish) => connect(document.graph, wish))
    const made = connections.find((connection) => connection.ok)
    if (made?.ok === true) document.commit(made.changes)
    else if (connections[0]?.ok === false) page.refuse(connections[0].reason)
  }

  #slotsHeight(): number {
    return Math.max(this.inputs.length, this.outputs.length) * MEASURES.slot + 6
  }

  #contentTop(): number {
    const widgets = (this.widgets ?? []).reduce((sum, widget) => sum + widget.computeSize(0)[1] + MEASURES.gap, 0)
    return this.#slotsHeight() + 2 + widgets + (widgets > 0 ? 4 : 0)
  }
}

const PICTURE_LEAST = 60

function words(name: string): string {
  return name.replaceAll('_', ' ')
}

/** Where a node is and how large, as the document keeps it. */
export function geometryOf(view: NodeView): { position: Point; size: Point; collapsed: boolean } {
  return {
    position: [Math.round(view.pos[0] ?? 0), Math.round(view.pos[1] ?? 0)],
    size: [Math.round(view.size[0] ?? 0), Math.round(view.size[1] ?? 0)],
    collapsed: view.flags.collapsed === true,
  }
}
