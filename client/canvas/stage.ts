import {
  type ConnectionMenu,
  type LGraph,
  LGraphCanvas,
  type LGraphNode,
  LiteGraph,
  type LLink,
} from 'litegraph.js/build/litegraph.core.js'
import type { Point } from '../document/graph.ts'
import { drawBelow } from './card.ts'
import { drawGroups, drawReroutes } from './draw-layout.ts'
import { drawFarNode, drawNode, measureFolded, widthOf } from './draw-node.ts'
import { type GroupView, type Handle, handleAt, type LinkView } from './layout.ts'
import { drawLinks, linkNear } from './links.ts'
import { type Moving, movingWith } from './moving.ts'
import { NodeView } from './node-view.ts'
import type { Scene } from './scene.ts'
import { COLORS, FONT, GRID, MEASURES, OTHER_SOCKET, SOCKET_COLORS } from './theme.ts'

LiteGraph.pointerevents_method = 'pointer'
LiteGraph.release_link_on_empty_shows_menu = true
LiteGraph.NODE_TITLE_HEIGHT = MEASURES.title
LiteGraph.NODE_SLOT_HEIGHT = MEASURES.slot
// The document has its own cap.
LiteGraph.MAX_NUMBER_OF_NODES = Number.POSITIVE_INFINITY
LiteGraph.CONNECTING_LINK_COLOR = COLORS.text
Object.assign(LGraphCanvas.link_type_colors, SOCKET_COLORS)

/** Below this scale a node is a coloured box: its text could not be read. */
const FAR = 0.3
/** How near a node's middle must come to a link to be put into it, in the graph's units. */
const INSERT_REACH = 24

/**
 * litegraph's canvas with sharp pixels, our looks, and without its dialogs, menus and clipboard: those write HTML or
 * evaluate text, ours are DOM that the page makes.
 */
export class Stage extends LGraphCanvas {
  scene!: Scene
  /** Called after every pointer gesture: nodes and groups may have moved, grown or folded. */
  onGesture: () => void = () => {}
  /** Called when the ground was moved or zoomed. */
  onViewpoint: () => void = () => {}
  #ratio = 1
  /** Follows the pointer to a point of the graph: what is dragged. */
  #drag: ((to: Point) => void) | undefined
  #isSpaceHeld = false
  #moved = false
  #pressed: NodeView | undefined

  constructor(canvas: HTMLCanvasElement, graph: LGraph) {
    super(canvas, null, { skip_render: true })
    // What attachCanvas does; it takes no subclass.
    this.graph = graph
    // litegraph puts the canvas before everything else that Tab comes to.
    canvas.tabIndex = 0
    graph.list_of_graphcanvas = [this]
    this.show_info = false
    this.render_shadows = false
    this.render_canvas_border = false
    this.render_connections_border = false
    this.highquality_render = false
    this.allow_searchbox = false
    this.background_image = null
    this.clear_background = false
    this.clear_background_color = 'rgba(0, 0, 0, 0)'
    this.connections_width = 2
    this.round_radius = MEASURES.radius
    this.inner_text_font = `12px ${FONT}`
    this.default_link_color = OTHER_SOCKET
    this.ds.min_scale = 0.05
    this.ds.max_scale = 4
    // litegraph leaves these undefined until they were something once.
    this.connecting_output = null
    this.connecting_input = null
    this.connecting_pos = null
    this.dragging_rectangle = null
    this.over_link_center = null
    this.node_dragged = null
    this.#drawSharp()
    // A key that is let go in another window is not heard of.
    addEventListener('blur', () => {
      this.#isSpaceHeld = false
    })
  }

  /** Size in CSS pixels; the bitmap has as many as the screen. */
  fitInto(width: number, height: number, ratio: number): void {
    this.#ratio = ratio
    this.canvas.style.width = `${width}px`
    this.canvas.style.height = `${height}px`
    this.canvas.width = Math.max(1, Math.round(width * ratio))
    this.canvas.height = Math.max(1, Math.round(height * ratio))
    // Everything is drawn on one bitmap: a second one of the same size would cost a copy for every frame.
    this.bgcanvas.width = 1
    this.bgcanvas.height = 1
    this.setDirty(true, true)
  }

  /** litegraph takes the bitmap's size for CSS pixels; these two are where it matters. */
  #drawSharp(): void {
    const { ds } = this
    const toContext = ds.toCanvasContext.bind(ds)
    ds.toCanvasContext = (ctx) => {
      ctx.scale(this.#ratio, this.#ratio)
      toContext(ctx)
    }
    ds.computeVisibleArea = () => {
      ds.visible_area[0] = -ds.offset[0]
      ds.visible_area[1] = -ds.offset[1]
      ds.visible_area[2] = this.canvas.width / this.#ratio / ds.scale
      ds.visible_area[3] = this.canvas.height / this.#ratio / ds.scale
    }
  }

  /** Ground, groups and links; litegraph has them on a canvas of their own, we draw them under the nodes. */
  override drawBackCanvas(): void {
    this.dirty_bgcanvas = false
    this.dirty_canvas = true
  }

  override drawFrontCanvas(): void {
    this.dirty_canvas = false
    const { ctx } = this
    if (ctx === null) return
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.globalAlpha = 1
    this.#drawGround(ctx)
    ctx.save()
    this.ds.toCanvasContext(ctx)
    const { scale } = this.ds
    const visible = this.computeVisibleNodes(null, this.visible_nodes).filter((node) => node instanceof NodeView)
    for (const node of visible) measureFolded(ctx, node)
    drawGroups(ctx, this.scene.layout, scale)
    this.#drawLinks(ctx)
    drawReroutes(ctx, this.scene.layout, scale)
    const drawEach = (draw: (node: NodeView) => void) => {
      for (const node of visible) {
        ctx.translate(node.pos[0] ?? 0, node.pos[1] ?? 0)
        draw(node)
        ctx.translate(-(node.pos[0] ?? 0), -(node.pos[1] ?? 0))
      }
    }
    if (scale < FAR) drawEach((node) => drawFarNode(ctx, node, scale))
    else {
      const light = { scale, mouse: this.graph_mouse, flying: this.connecting_output ?? this.connecting_input }
      drawEach((node) => drawNode(ctx, node, light))
      drawEach((node) => drawBelow(ctx, node, widthOf(node)))
    }
    this.#drawOver(ctx)
    ctx.restore()
  }

  /** Dots that keep their distance whatever the zoom. */
  #drawGround(ctx: CanvasRenderingContext2D): void {
    const { canvas } = this
    ctx.fillStyle = COLORS.ground
    ctx.fillRect(0, 0, canvas.width, canvas.height)
    const { scale, offset } = this.ds
    const step = GRID * scale * this.#ratio * 2 ** Math.max(0, Math.ceil(-Math.log2(scale) - 0.5))
    const size = Math.max(1, Math.round(1.4 * this.#ratio))
    const start = (shift: number) => (((shift * scale * this.#ratio) % step) + step) % step
    ctx.fillStyle = COLORS.dots
    ctx.beginPath()
    for (let x = start(offset[0]); x < canvas.width; x += step) {
      for (let y = start(offset[1]); y < canvas.height; y += step) ctx.rect(Math.round(x), Math.round(y), size, size)
    }
    ctx.fill()
  }

  #drawLinks(ctx: CanvasRenderingContext2D): void {
    const [left = 0, top = 0, width = 0, height = 0] = this.ds.visible_area
    const area = { left, top, right: left + width, bottom: top + height }
    this.visible_links = drawLinks(
      ctx,
      this.scene.layout.links.values(),
      area,
      this.ds.scale,
      (id) => this.highlighted_links[id] === true,
    )
  }

  /** What is under the hand: the link that is drawn, the selection's frame, the handle of a link. */
  #drawOver(ctx: CanvasRenderingContext2D): void {
    const { scale } = this.ds
    const flying = this.connecting_output ?? this.connecting_input
    if (this.connecting_pos !== null && flying !== null) {
      const [x = 0, y = 0] = this.connecting_pos
      const [mx = 0, my = 0] = this.graph_mouse
      const bend = Math.hypot(mx - x, my - y) * 0.25 * (this.connecting_output === null ? -1 : 1)
      ctx.beginPath()
      ctx.moveTo(x, y)
      ctx.bezierCurveTo(x + bend, y, mx - bend, my, mx, my)
      ctx.strokeStyle = SOCKET_COLORS[flying.type] ?? COLORS.text
      ctx.lineWidth = 2.5
      ctx.stroke()
      ctx.beginPath()
      ctx.arc(mx, my, 4, 0, 2 * Math.PI)
      ctx.fillStyle = ctx.strokeStyle
      ctx.fill()
    }
    const insertion = this.#insertion()
    if (insertion !== undefined) {
      drawLinks(ctx, [insertion], EVERYWHERE, scale, () => true)
    }
    if (this.dragging_rectangle !== null) {
      const [x = 0, y = 0, width = 0, height = 0] = this.dragging_rectangle
      ctx.fillStyle = COLORS.selected
      ctx.strokeStyle = COLORS.selected
      ctx.lineWidth = 1 / scale
      ctx.globalAlpha = 0.1
      ctx.fillRect(x, y, width, height)
      ctx.globalAlpha = 1
      ctx.strokeRect(x, y, width, height)
    }
    const handle = this.over_link_center
    // litegraph looks for it again only when the pointer moves.
    if (handle !== null && this.scene.layout.links.get(handle.id) === handle) {
      const [x = 0, y = 0] = handle._pos
      ctx.beginPath()
      ctx.arc(x, y, 5 / Math.min(1, scale), 0, 2 * Math.PI)
      ctx.fillStyle = COLORS.text
      ctx.fill()
    }
  }

  /** The link that the one node under the hand would be put into. */
  #insertion(): LinkView | undefined {
    const node = this.node_dragged
    if (!(node instanceof NodeView) || !this.#moved || Object.keys(this.selected_nodes).length !== 1) return undefined
    const isFree = [
      ...node.inputs.map(({ link }) => link !== null),
      ...node.outputs.map(({ links }) => links.length > 0),
    ]
    if (isFree.includes(true) || node.inputs.length === 0 || node.outputs.length === 0) return undefined
    const middle: Point = [
      (node.pos[0] ?? 0) + (node.size[0] ?? 0) / 2,
      (node.pos[1] ?? 0) + (node.size[1] ?? 0) / 2 - MEASURES.title / 2,
    ]
    const reach = Math.max(INSERT_REACH, (node.size[1] ?? 0) / 2)
    return linkNear(this.visible_links as LinkView[], middle, reach)
  }

  override processMouseDown(event: PointerEvent): boolean | undefined {
    this.scene.page.beginGesture()
    this.#moved = false
    // What is under the pointer is looked up in what was drawn last, which a busy machine may not have come to yet.
    if (this.dirty_canvas || this.dirty_bgcanvas) this.draw()
    this.adjustMouseEvent(event)
    const at = this.graphPoint(event)
    const node = this.graph.getNodeOnPos(at[0], at[1], this.visible_nodes, 5)
    this.#pressed = node instanceof NodeView && node.is_selected === true ? node : undefined
    if (this.#isSpaceHeld && event.button === 0) {
      this.#hold(event, this.#pan(at))
      return false
    }
    if (event.button === 0 && !event.ctrlKey && !event.metaKey) {
      if (node === null && this.#takeHandle(event, at)) return false
    }
    const result = super.processMouseDown(event)
    if (this.node_dragged !== null) this.#drag = this.#carry(at, this.#selectedWith(this.node_dragged))
    return result
  }

  /** A reroute, a group or a link under the pointer. */
  #takeHandle(event: PointerEvent, at: Point): boolean {
    const handle = handleAt(this.scene.layout, at, this.ds.scale)
    if (handle === undefined) {
      const link = event.altKey ? linkNear(this.visible_links as LinkView[], at, 8 / this.ds.scale) : undefined
      if (link === undefined) return false
      this.scene.page.addReroute(link.id, at)
      return true
    }
    this.#hold(event, this.#dragOf(handle, at, event.altKey))
    return true
  }

  /** Drags what litegraph need not know of. */
  #hold(event: PointerEvent, drag: (to: Point) => void): void {
    this.canvas.focus()
    this.canvas.setPointerCapture(event.pointerId)
    this.#drag = drag
  }

  /** Moves the ground so that a point of it stays under the pointer. */
  #pan(at: Point): (to: Point) => void {
    return ([x, y]) => {
      this.ds.offset[0] += x - at[0]
      this.ds.offset[1] += y - at[1]
      this.onViewpoint()
    }
  }

  #dragOf(handle: Handle, at: Point, isAlone: boolean): (to: Point) => void {
    if (handle.kind === 'reroute') {
      return this.#carry(at, { nodes: new Set(), groups: new Set(), points: new Set([handle.reroute.model.id]) })
    }
    const { group } = handle
    if (handle.kind === 'group-corner') {
      const [left, top, width, height] = group.bounding
      return ([x, y]) => {
        group.bounding = [left, top, Math.max(80, width + x - at[0]), Math.max(60, height + y - at[1])]
      }
    }
    const groups = new Set([group.model.id])
    if (isAlone) return this.#carry(at, { nodes: new Set(), groups, points: new Set() })
    return this.#carry(at, group.isSelected ? this.#selectedWith() : this.#movingWith(new Set(), groups))
  }

  /** What goes along with all that is selected, and with a node that may just have been taken out of that. */
  #selectedWith(...nodes: readonly LGraphNode[]): Moving {
    const groups = [...this.scene.layout.groups].flatMap(([id, { isSelected }]) => (isSelected ? [id] : []))
    return this.#movingWith(
      new Set([...Object.keys(this.selected_nodes), ...nodes.map(({ id }) => id)]),
      new Set(groups),
    )
  }

  #movingWith(nodes: ReadonlySet<string>, groups: ReadonlySet<string>): Moving {
    return movingWith(this.scene.document.graph, this.scene.areaOf, { nodes, groups })
  }

  /** Takes hold of things at a point; they go where that point goes. */
  #carry(at: Point, { nodes, groups, points }: Moving): (to: Point) => void {
    const { layout } = this.scene
    const views = [...nodes]
      .flatMap((id) => this.graph.getNodeById(id) ?? [])
      .map((view) => ({ view, from: [...view.pos] }))
    const frames = [...groups]
      .flatMap((id) => layout.groups.get(id) ?? [])
      .map((view) => ({ view, from: view.bounding }))
    const bends = [...points]
      .flatMap((id) => layout.reroutes.get(id) ?? [])
      .map((view) => ({ view, from: view.position }))
    return ([x, y]) => {
      const [dx, dy] = [x - at[0], y - at[1]]
      for (const { view, from } of views) view.pos = [(from[0] ?? 0) + dx, (from[1] ?? 0) + dy]
      for (const { view, from } of frames) view.bounding = [from[0] + dx, from[1] + dy, from[2], from[3]]
      for (const { view, from } of bends) view.position = [from[0] + dx, from[1] + dy]
    }
  }

  /** A double click opens what is under it: a subgraph, or a title to change; nothing over a field or a picture. */
  openAt(event: MouseEvent): void {
    const at = this.graphPoint(event)
    const page = [event.clientX, event.clientY] as const
    const node = this.graph.getNodeOnPos(at[0], at[1], undefined, 5)
    const handle = handleAt(this.scene.layout, at, this.ds.scale)
    if (node instanceof NodeView) {
      const isSubgraph = this.scene.document.graph.definitions.has(node.type ?? '')
      const isTitle = at[1] < (node.pos[1] ?? 0)
      if (isTitle || (isSubgraph && node.fieldAt(at) === undefined)) this.scene.page.open({ node: node.id }, page)
    } else if (handle === undefined) this.scene.page.addNode(page, at)
    else if (handle.kind === 'group') this.scene.page.open({ group: handle.group.model.id }, page)
  }

  override processMouseMove(event: PointerEvent): boolean | undefined {
    if (this.pointer_is_down || this.#drag !== undefined) this.#moved = true
    let result: boolean | undefined = false
    if (!this.#isOurs) {
      const { node_dragged: dragged } = this
      const offset = [...this.ds.offset]
      // litegraph would move all that is selected, pinned or not, and nothing beside it.
      this.node_dragged = null
      result = super.processMouseMove(event)
      this.node_dragged = dragged
      if (offset[0] !== this.ds.offset[0] || offset[1] !== this.ds.offset[1]) this.onViewpoint()
    }
    if (this.#drag !== undefined) {
      this.#drag(this.graphPoint(event))
      this.setDirty(true, true)
    }
    return result
  }

  override processMouseUp(event: PointerEvent): boolean | undefined {
    if (this.#isOurs) {
      this.#drag = undefined
      this.onGesture()
      this.scene.page.endGesture()
      return false
    }
    const held = this.node_widget
    const insertion = this.#insertion()
    const inserted = this.node_dragged
    const frame = this.dragging_rectangle
    const result = super.processMouseUp(event)
    this.#drag = undefined
    if (frame !== null) this.selectGroups(this.#groupsIn(frame))
    if (held !== null && held[0] instanceof NodeView && event.button === 0) {
      held[0].widgets.find((widget) => widget === held[1])?.release()
    }
    // A press on one of several that moves nothing means that one.
    if (this.#pressed !== undefined && !this.#moved && !event.shiftKey && !event.ctrlKey && event.button === 0) {
      this.selectNodes([this.#pressed])
    }
    this.onGesture()
    if (insertion !== undefined && inserted !== null) this.scene.page.insertNode(inserted.id, insertion.id)
    this.scene.page.endGesture()
    return result
  }

  /** Beside what is selected. */
  selectGroups(groups: Iterable<GroupView>): void {
    for (const group of groups) group.isSelected = true
    this.setDirty(true, true)
  }

  /** litegraph's own leaves the node among the selected ones. */
  override deselectNode(node: LGraphNode): void {
    super.deselectNode(node)
    delete this.selected_nodes[node.id]
  }

  override deselectAllNodes(): void {
    super.deselectAllNodes()
    for (const group of this.scene.layout.groups.values()) group.isSelected = false
  }

  /** Groups that lie whole in a frame. */
  #groupsIn([left = 0, top = 0, width = 0, height = 0]: Float32Array): GroupView[] {
    return [...this.scene.layout.groups.values()].filter(({ bounding: [x, y, w, h] }) => {
      return x >= left && y >= top && x + w <= left + width && y + h <= top + height
    })
  }

  /** One of several selected nodes takes the others along. */
  override processNodeSelected(node: LGraphNode, event: PointerEvent): void {
    const isMore = event.shiftKey || event.ctrlKey || event.metaKey
    if (node.is_selected === true && !isMore) return
    super.processNodeSelected(node, event)
  }

  wheel(event: WheelEvent): void {
    const box = this.canvas.getBoundingClientRect()
    // A pinch on a trackpad arrives as a wheel with ctrlKey, in small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0015
    const factor = Math.exp(-Math.max(-240, Math.min(240, event.deltaY)) * speed)
    this.zoom(factor, [event.clientX - box.left, event.clientY - box.top])
    event.preventDefault()
  }

  /** What is under a point of the canvas stays there. litegraph's own would hold small steps fast at a scale of 1. */
  zoom(factor: number, [x, y]: Point): void {
    const { scale, offset, min_scale, max_scale } = this.ds
    const next = Math.min(max_scale, Math.max(min_scale, scale * factor))
    offset[0] += x / next - x / scale
    offset[1] += y / next - y / scale
    this.ds.scale = next
    this.setDirty(true, true)
    this.onViewpoint()
  }

  /** Two fingers: the ground follows their middle and grows as they spread. */
  pinch(middle: Point, shift: Point, factor: number): void {
    const box = this.canvas.getBoundingClientRect()
    this.ds.offset[0] += shift[0] / this.ds.scale
    this.ds.offset[1] += shift[1] / this.ds.scale
    this.zoom(factor, [middle[0] - box.left, middle[1] - box.top])
  }

  /** Whether a pointer has hold of something: a link, a node, a field, a frame or the handle of a link or a group. */
  get isHolding(): boolean {
    const held = [
      this.connecting_node,
      this.node_dragged,
      this.resizing_node,
      this.node_widget,
      this.dragging_rectangle,
    ]
    return this.#drag !== undefined || held.some((each) => each != null)
  }

  /** Whether litegraph knows nothing of what is dragged. */
  get #isOurs(): boolean {
    return this.#drag !== undefined && this.node_dragged === null
  }

  /** Ends what a pointer had begun, as if it had been let go where nothing is. */
  letGo(): void {
    const [node, widget] = this.node_widget ?? []
    if (node instanceof NodeView) node.widgets.find((each) => each === widget)?.letGo?.()
    this.node_dragged = null
    this.resizing_node = null
    this.node_widget = null
    this.connecting_node = null
    this.connecting_output = null
    this.connecting_input = null
    this.connecting_pos = null
    this.dragging_canvas = false
    this.dragging_rectangle = null
    this.pointer_is_down = false
    this.#drag = undefined
    this.#pressed = undefined
    this.setDirty(true, true)
    this.onGesture()
    this.scene.page.endGesture()
  }

  /** Only the space bar, with which a press moves the ground whatever is there; all other keys are the page's. */
  override processKey(event: KeyboardEvent): boolean | undefined {
    if (event.code !== 'Space') return undefined
    const isHere = event.target === this.canvas
    this.#isSpaceHeld = isHere && event.type === 'keydown'
    if (isHere) event.preventDefault()
    return isHere ? false : undefined
  }

  override processContextMenu(node: LGraphNode | null, event: PointerEvent): void {
    const at = this.graphPoint(event)
    const page = [event.clientX, event.clientY] as const
    const handle = node === null ? handleAt(this.scene.layout, at, this.ds.scale) : undefined
    const link =
      node === null && handle === undefined
        ? linkNear(this.visible_links as LinkView[], at, 7 / this.ds.scale)
        : undefined
    if (link !== undefined) this.scene.page.openLinkMenu(link.id, page, at)
    else if (node !== null) this.scene.page.openMenu({ node: node.id }, page, at)
    else if (handle?.kind === 'reroute') this.scene.page.openMenu({ reroute: handle.reroute.model.id }, page, at)
    else this.scene.page.openMenu(handle === undefined ? {} : { group: handle.group.model.id }, page, at)
  }

  override showConnectionMenu({ nodeFrom, slotFrom, nodeTo, slotTo, e }: ConnectionMenu): void {
    if (e === undefined) return
    const page = [e.clientX, e.clientY] as const
    if (nodeFrom !== undefined && slotFrom !== undefined) {
      const output = nodeFrom.outputs.findIndex(({ name, type }) => name === slotFrom.name && type === slotFrom.type)
      const index = slotFrom.slot_index ?? output
      const end = { kind: 'from', node: nodeFrom.id, output: index, type: slotFrom.type } as const
      this.scene.page.addNode(page, this.graphPoint(e), end)
    } else if (nodeTo !== undefined && slotTo !== undefined) {
      const end = { kind: 'to', node: nodeTo.id, input: slotTo.name, type: slotTo.type } as const
      this.scene.page.addNode(page, this.graphPoint(e), end)
    }
  }

  override showSearchBox(event: PointerEvent): void {
    this.scene.page.addNode([event.clientX, event.clientY], this.graphPoint(event))
  }

  override showLinkMenu(link: LLink, event: PointerEvent): boolean {
    this.scene.page.openLinkMenu(link.id, [event.clientX, event.clientY], this.graphPoint(event))
    return false
  }

  /** litegraph's own would write HTML, or evaluate what was typed. */
  override prompt(): void {}
  override copyToClipboard(): void {}
  override pasteFromClipboard(): void {}
  override deleteSelectedNodes(): void {}
  override processDrop(): void {}
  /** It hears of the wheel by names that browsers had for it before; `wheel` is ours. */
  override processMouseWheel(): void {}
  override processNodeDblClicked(): void {}

  graphPoint(event: { readonly clientX: number; readonly clientY: number }): [number, number] {
    const box = this.canvas.getBoundingClientRect()
    return this.ds.convertCanvasToOffset([event.clientX - box.left, event.clientY - box.top])
  }
}

const EVERYWHERE = { left: -1e9, top: -1e9, right: 1e9, bottom: 1e9 }
