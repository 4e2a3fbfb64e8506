import { LGraphNode, type Pair } from 'litegraph.js/build/litegraph.core.js'
import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { isComment, PRIMITIVE, REROUTE } from '../../server/graph/virtual-nodes.ts'
import { connect, removeLinks, type Wish } from '../document/connect.ts'
import { type GraphNode, type GraphSocket, isBoundary, linkInto, type Point } from '../document/graph.ts'
import type { NodePart } from '../document/part-words.ts'
import { uploadParameter } from '../document/picture-inputs.ts'
import { STRINGS } from '../strings.ts'
import { showsPictures } from './picture-place.ts'
import type { Area, Place, Scene } from './scene.ts'
import { MEASURES, socketColor } from './theme.ts'
import { buttonWidget, noteWidget, type Widget, widgetFor } from './widgets.ts'

/**
 * One node of the document as litegraph draws and drags it. It holds no value: connecting and disconnecting edits the
 * document, whose events bring the links here.
 */
export class NodeView extends LGraphNode {
  readonly scene: Scene
  declare widgets: Widget[]
  /** What the node is; a primitive and a subgraph change with what they are linked to. */
  description: NodeDescription | undefined
  /** Where the document last said that it is; what differs was moved by hand. */
  #mirrored = { x: 0, y: 0, width: 0, height: 0, collapsed: false }

  constructor(scene: Scene, node: GraphNode) {
    super()
    this.scene = scene
    this.id = node.id
    this.type = node.type
    this.build(node)
  }

  /** The node of the document; gone only while litegraph finishes an event. */
  get model(): GraphNode | undefined {
    return this.scene.document.graph.nodes.get(this.id)
  }

  /** Makes sockets and fields: inputs that stand for a field show while a link feeds them, the field while none does. */
  build(node: GraphNode): void {
    const { scene } = this
    const type = scene.typeOf(node)
    this.description = type
    const required = new Set(type?.inputs.filter((input) => input.required).map(({ name }) => name))
    const fields = new Set(type?.parameters.map(({ name }) => name))
    const isField = ({ name, isWidget }: GraphSocket) => isWidget === true || fields.has(name)
    const shown = node.inputs.filter((socket) => !isField(socket) || scene.linkInto(node.id, socket.name) !== undefined)
    this.inputs = shown.map(({ name, type, label }) => ({
      name,
      type,
      link: scene.linkInto(node.id, name) ?? null,
      label: label ?? words(name),
      required: required.has(name),
      color: socketColor(type),
    }))
    const links = this.outputs?.map(({ links }) => links) ?? []
    // A primitive gives what its field is.
    const kind = node.type === PRIMITIVE ? type?.parameters[0]?.kind : undefined
    this.outputs = node.outputs.map(({ name, type, label }, i) => ({
      name,
      type: kind ?? type,
      links: links[i] ?? [],
      label: kind ?? label ?? words(name),
      color: socketColor(kind ?? type),
    }))
    const linked = new Set(shown.map(({ name }) => name))
    this.widgets = (type?.parameters ?? [])
      .filter(({ name }) => !linked.has(name))
      .map((parameter) =>
        isComment(node.type)
          ? noteWidget(scene, node.id, parameter, node.type === 'MarkdownNote')
          : widgetFor(scene, node.id, parameter, (by) => this.#editBeside(parameter.name, by)),
      )
    const upload = uploadParameter(type)
    if (upload !== undefined) {
      this.widgets.push(buttonWidget(scene, 'Choose a picture…', () => scene.page.pickPicture(node.id, upload)))
    }
    if (type?.tool !== undefined) {
      this.widgets.push(buttonWidget(scene, STRINGS.drawing.label, () => scene.page.drawOnPicture(node.id)))
    }
    this.widgets_start_y = this.#slotsHeight()
    let y = this.widgets_start_y + 2
    for (const widget of this.widgets) {
      widget.last_y = y
      y += widget.computeSize(0)[1] + MEASURES.gap
    }
    this.redraw_on_mouse = showsPictures(type)
    this.mirror(node)
  }

  /** Takes over what the document says of place, size and state. */
  mirror(node: GraphNode): void {
    const least = this.computeSize()
    const type = this.description
    this.title = node.title ?? type?.title ?? node.type
    this.pos = [node.position[0], node.position[1]]
    const fresh = node.size[1] === 0
    const wanted = fresh && showsPictures(type) ? (least[1] ?? 0) + MEASURES.picture - PICTURE_LEAST : node.size[1]
    this.size = [Math.max(least[0] ?? 0, node.size[0]), Math.max(least[1] ?? 0, wanted)]
    this.mode = node.mode
    this.flags = { collapsed: node.collapsed, pinned: node.pinned }
    this.#mirrored = { ...this.#place(), collapsed: node.collapsed }
  }

  /** What hands changed since the document spoke last: place, size, folding; nothing where nothing moved. */
  moved(snap: (value: number) => number): Partial<Pick<GraphNode, 'position' | 'size' | 'collapsed'>> {
    const [now, before] = [this.#place(), this.#mirrored]
    const isCollapsed = this.flags.collapsed === true
    return {
      ...(now.x === before.x && now.y === before.y ? {} : { position: [snap(now.x), snap(now.y)] }),
      ...(now.width === before.width && now.height === before.height
        ? {}
        : { size: [Math.round(now.width), Math.round(now.height)] }),
      ...(isCollapsed === before.collapsed ? {} : { collapsed: isCollapsed }),
    }
  }

  #place(): { x: number; y: number; width: number; height: number } {
    return { x: this.pos[0] ?? 0, y: this.pos[1] ?? 0, width: this.size[0] ?? 0, height: this.size[1] ?? 0 }
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
    if (this.type === REROUTE) return [104, this.#slotsHeight()]
    const pictures = model !== undefined && showsPictures(this.description) ? PICTURE_LEAST : 0
    // A boundary has room for one socket more, where a link is dropped to make it.
    if (model !== undefined && isBoundary(model)) return [120, this.#slotsHeight() + MEASURES.slot]
    return [MEASURES.width, this.#contentTop() + pictures + (this.widgets?.length > 0 || pictures > 0 ? 6 : 0)]
  }

  /** Sockets sit on the edge. */
  override getConnectionPos(isInput: boolean, slot: number, out: Pair = [0, 0]): Pair {
    const isCollapsed = this.flags.collapsed === true
    const width = isCollapsed ? (this._collapsed_width ?? 80) : (this.size[0] ?? 0)
    out[0] = (this.pos[0] ?? 0) + (isInput ? 0 : width)
    out[1] = (this.pos[1] ?? 0) + (isCollapsed ? -MEASURES.title / 2 : (slot + 0.7) * MEASURES.slot)
    return out
  }

  /** The parameter whose field is at a point of the graph. */
  fieldAt([x, y]: Point): string | undefined {
    const [left, top] = [x - (this.pos[0] ?? 0), y - (this.pos[1] ?? 0)]
    if (this.flags.collapsed === true || left < 0 || left > (this.size[0] ?? 0)) return undefined
    return this.widgets.find(
      ({ last_y, computeSize }) => last_y !== undefined && top >= last_y && top <= last_y + computeSize(0)[1],
    )?.name
  }

  /** What is at a point of the graph: the title, a socket with the words beside it, a field; and where it is drawn. */
  partAt([x, y]: Point): { readonly part: NodePart; readonly area: Area } | undefined {
    const { title, slot, margin } = MEASURES
    const [left, top] = [this.pos[0] ?? 0, this.pos[1] ?? 0]
    const isCollapsed = this.flags.collapsed === true
    const width = isCollapsed ? (this._collapsed_width ?? 80) : (this.size[0] ?? 0)
    if (x < left || x > left + width) return undefined
    if (y < top) return { part: { kind: 'title' }, area: { x: left, y: top - title, width, height: title } }
    if (isCollapsed) return undefined
    const name = this.fieldAt([x, y])
    const field = this.widgets.find((widget) => widget.name === name)
    if (name !== undefined && field !== undefined) {
      const [, height] = field.computeSize(0)
      const area = { x: left + margin, y: top + (field.last_y ?? 0), width: width - 2 * margin, height }
      return { part: { kind: 'field', name }, area }
    }
    // Sockets sit in the middle of rows that begin a fifth of one below the title.
    const row = Math.floor((y - top) / slot - 0.2)
    const input = this.inputs[row]
    const isOutput = this.outputs[row] !== undefined && (input === undefined || x > left + width / 2)
    const area = { x: left, y: top + (row + 0.2) * slot, width, height: slot }
    if (isOutput) return { part: { kind: 'output', index: row }, area }
    return input === undefined ? undefined : { part: { kind: 'input', name: input.name }, area }
  }

  /** Opens the field for typing that comes after another, or before it. */
  #editBeside(name: string, by: 1 | -1): void {
    const fields = this.widgets.filter(({ edit }) => edit !== undefined)
    fields[fields.findIndex((field) => field.name === name) + by]?.edit?.()
  }

  override connect(slot: number, target: LGraphNode, targetSlot: number | string): null {
    const index =
      typeof targetSlot === 'number' ? targetSlot : target.inputs.findIndex(({ name }) => name === targetSlot)
    const input = target.inputs[index]?.name
    if (input !== undefined) this.#makeFirst([{ from: this.id, output: slot, to: target.id, input }])
    return null
  }

  /** A link let go over a node: the field under it, else the first free input that fits, else the first that fits. */
  override connectByType(slot: number, target: LGraphNode): null {
    const { graph } = this.scene.document
    if (target.type === 'graph/output') {
      this.scene.page.expose({ kind: 'output', node: this.id, output: slot })
      return null
    }
    const sockets = graph.nodes.get(target.id)?.inputs ?? []
    const field = target instanceof NodeView ? target.fieldAt(this.scene.pointer()) : undefined
    const first = sockets.filter(({ name, isWidget }) => isWidget === true && name === field)
    const isFree = ({ name }: { name: string }) => this.scene.linkInto(target.id, name) === undefined
    const plain = sockets.filter(({ isWidget }) => isWidget !== true)
    const order = [...first, ...plain.filter(isFree), ...plain.filter((socket) => !isFree(socket)), ...sockets]
    const wishes = order.map(({ name }) => ({ from: this.id, output: slot, to: target.id, input: name }))
    this.#makeFirst(wishes)
    return null
  }

  override connectByTypeOutput(slot: number, source: LGraphNode): null {
    const input = this.inputs[slot]?.name ?? ''
    if (source.type === 'graph/input') {
      this.scene.page.expose({ kind: 'input', node: this.id, input })
      return null
    }
    this.#makeFirst(source.outputs.map((_, output) => ({ from: source.id, output, to: this.id, input })))
    return null
  }

  override disconnectInput(slot: number): boolean {
    const { document } = this.scene
    const name = this.inputs[slot]?.name
    const link = name === undefined ? undefined : linkInto(document.graph, this.id, name)
    if (link !== undefined) document.commit(removeLinks(document.graph, [link]))
    return link !== undefined
  }

  override disconnectOutput(slot: number): boolean {
    const { document } = this.scene
    const links = [...document.graph.links.values()].filter(({ from, output }) => from === this.id && output === slot)
    document.commit(removeLinks(document.graph, links))
    return links.length > 0
  }

  /** Makes the first wish that can be; says why the first cannot where none can. */
  #makeFirst(wishes: readonly Wish[]): void {
    const { document, page, types } = this.scene
    let refused: string | undefined
    for (const wish of wishes) {
      const connection = connect(document.graph, wish, types)
      if (connection.ok) {
        document.commit(connection.changes)
        return
      }
      refused ??= connection.reason
    }
    page.refuse(refused ?? 'This node takes no links.')
  }

  #slotsHeight(): number {
    return Math.max(this.inputs.length, this.outputs.length) * MEASURES.slot + 6
  }

  #contentTop(): number {
    const widgets = (this.widgets ?? []).reduce(
      (sum, { least, computeSize }) => sum + (least ?? computeSize(0)[1]) + MEASURES.gap,
      0,
    )
    return this.#slotsHeight() + 2 + widgets + (widgets > 0 ? 4 : 0)
  }
}

const PICTURE_LEAST = 60

function words(name: string): string {
  return name.replaceAll('_', ' ')
}
