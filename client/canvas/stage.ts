import {
  type ConnectionMenu,
  type LGraph,
  LGraphCanvas,
  type LGraphNode,
  LiteGraph,
  type LLink,
  type Pair,
} from 'litegraph.js/build/litegraph.core.js'
import type { Point } from '../document/graph.ts'
import { drawCard } from './card.ts'
import { NodeView } from './node-view.ts'
import type { Scene } from './scene.ts'
import { COLORS, FONT, MEASURES, OTHER_SOCKET, SOCKET_COLORS } from './theme.ts'

LiteGraph.pointerevents_method = 'pointer'
LiteGraph.release_link_on_empty_shows_menu = true
LiteGraph.NODE_TITLE_HEIGHT = MEASURES.title
LiteGraph.NODE_SLOT_HEIGHT = MEASURES.slot
Object.assign(LGraphCanvas.link_type_colors, SOCKET_COLORS)

const GRID = 24

/**
 * litegraph's canvas with sharp pixels, our looks, and without its dialogs, menus and clipboard: those write HTML or
 * evaluate text, ours are DOM that the page makes.
 */
export class Stage extends LGraphCanvas {
  scene!: Scene
  /** Called after every pointer gesture: nodes and groups may have moved, grown or folded. */
  onGesture: () => void = () => {}
  #ratio = 1

  constructor(canvas: HTMLCanvasElement, graph: LGraph) {
    super(canvas, null, { skip_render: true })
    // What attachCanvas does; it takes no subclass.
    this.graph = graph
    graph.list_of_graphcanvas = [this]
    this.show_info = false
    this.render_shadows = false
    this.render_canvas_border = false
    this.render_connections_border = false
    this.highquality_render = false
    this.allow_searchbox = false
    this.background_image = null
    this.clear_background_color = 'rgba(0, 0, 0, 0)'
    this.connections_width = 2
    this.round_radius = MEASURES.radius
    this.inner_text_font = `12px ${FONT}`
    this.default_link_color = OTHER_SOCKET
    this.default_connection_color = {
      input_off: OTHER_SOCKET,
      input_on: OTHER_SOCKET,
      output_off: OTHER_SOCKET,
      output_on: OTHER_SOCKET,
    }
    this.default_connection_color_byType = { ...SOCKET_COLORS }
    this.ds.min_scale = 0.1
    this.ds.max_scale = 4
    this.#drawSharp()
    this.startRendering()
  }

  /** Size in CSS pixels; the bitmap has as many as the screen. */
  fitInto(width: number, height: number, ratio: number): void {
    this.#ratio = ratio
    this.canvas.style.width = `${width}px`
    this.canvas.style.height = `${height}px`
    this.canvas.width = Math.max(1, Math.round(width * ratio))
    this.canvas.height = Math.max(1, Math.round(height * ratio))
    this.bgcanvas.width = this.canvas.width
    this.bgcanvas.height = this.canvas.height
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

  /** The ground: dots that keep their distance whatever the zoom. */
  override onRenderBackground(canvas: HTMLCanvasElement, ctx: CanvasRenderingContext2D): boolean {
    LiteGraph.NODE_TEXT_COLOR = COLORS.quiet
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.fillStyle = COLORS.ground
    ctx.fillRect(0, 0, canvas.width, canvas.height)
    const { scale, offset } = this.ds
    const step = GRID * scale * this.#ratio * 2 ** Math.max(0, Math.ceil(-Math.log2(scale) - 0.5))
    const size = Math.max(1, Math.round(1.4 * this.#ratio))
    const start = (shift: number) => (((shift * scale * this.#ratio) % step) + step) % step
    ctx.fillStyle = COLORS.dots
    for (let x = start(offset[0]); x < canvas.width; x += step) {
      for (let y = start(offset[1]); y < canvas.height; y += step) ctx.fillRect(x, y, size, size)
    }
    return true
  }

  override drawNodeShape(
    node: LGraphNode,
    ctx: CanvasRenderingContext2D,
    size: Pair,
    _color: string,
    _background: string,
    selected: boolean,
  ): void {
    if (node instanceof NodeView) drawCard(ctx, node, [size[0] ?? 0, size[1] ?? 0], selected, this.graph_mouse)
  }

  override drawGroups(_canvas: HTMLCanvasElement, ctx: CanvasRenderingContext2D): void {
    for (const { pos, size, title, color } of this.graph._groups) {
      const [x, y, w, h] = [pos[0] ?? 0, pos[1] ?? 0, size[0] ?? 0, size[1] ?? 0]
      ctx.beginPath()
      ctx.roundRect(x, y, w, h, [MEASURES.radius])
      ctx.globalAlpha = 0.12
      ctx.fillStyle = /^#[0-9a-f]{3,8}$/i.test(color) ? color : OTHER_SOCKET
      ctx.fill()
      ctx.globalAlpha = 0.5
      ctx.strokeStyle = ctx.fillStyle
      ctx.lineWidth = 1
      ctx.stroke()
      ctx.globalAlpha = 1
      ctx.fillStyle = COLORS.quiet
      ctx.font = `600 15px ${FONT}`
      ctx.textAlign = 'left'
      ctx.fillText(title, x + 12, y + 22)
    }
  }

  /** A dot where a link can be taken hold of. */
  override drawLinkTooltip(ctx: CanvasRenderingContext2D, { _pos: [x, y] }: LLink): void {
    ctx.beginPath()
    ctx.arc(x ?? 0, y ?? 0, 5, 0, 2 * Math.PI)
    ctx.fillStyle = COLORS.text
    ctx.fill()
  }

  override processMouseUp(event: PointerEvent): boolean | undefined {
    const held = this.node_widget
    const result = super.processMouseUp(event)
    if (held !== null && held[0] instanceof NodeView && event.button === 0) {
      held[0].widgets.find((widget) => widget === held[1])?.release()
    }
    this.onGesture()
    return result
  }

  override processMouseWheel(event: WheelEvent): boolean {
    const box = this.canvas.getBoundingClientRect()
    // A pinch on a trackpad arrives as a wheel with ctrlKey, in small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0015
    const factor = Math.exp(-Math.max(-240, Math.min(240, event.deltaY)) * speed)
    this.ds.changeScale(this.ds.scale * factor, [event.clientX - box.left, event.clientY - box.top])
    this.setDirty(true, true)
    event.preventDefault()
    return false
  }

  /** Two fingers: the ground follows their middle and grows as they spread. */
  pinch(middle: Point, shift: Point, factor: number): void {
    const box = this.canvas.getBoundingClientRect()
    this.ds.offset[0] += shift[0] / this.ds.scale
    this.ds.offset[1] += shift[1] / this.ds.scale
    this.ds.changeScale(this.ds.scale * factor, [middle[0] - box.left, middle[1] - box.top])
    this.setDirty(true, true)
  }

  /** Ends what a pointer had begun, as if it had been let go where nothing is. */
  letGo(): void {
    this.node_dragged = null
    this.node_widget = null
    this.connecting_node = null
    this.connecting_pos = null
    this.dragging_canvas = false
    this.dragging_rectangle = null
    this.onGesture()
  }

  /** Only moving the ground with the space bar; all other keys are the page's. */
  override processKey(event: KeyboardEvent): boolean | undefined {
    if (event.code !== 'Space' || event.target !== this.canvas) return undefined
    this.dragging_canvas = event.type === 'keydown'
    event.preventDefault()
    return false
  }

  override processContextMenu(node: LGraphNode | null, event: PointerEvent): void {
    const at = this.graphPoint(event)
    const group = this.graph.getGroupOnPos(at[0], at[1])
    const key = group === null ? undefined : this.groupKeys.get(group)
    const target = node !== null ? { node: node.id } : key !== undefined ? { group: key } : {}
    this.scene.page.openMenu(target, [event.clientX, event.clientY], at)
  }

  readonly groupKeys = new Map<object, string>()

  override showConnectionMenu({ nodeFrom, slotFrom, nodeTo, slotTo, e }: ConnectionMenu): void {
    if (e === undefined) return
    const page = [e.clientX, e.clientY] as const
    if (nodeFrom !== undefined && slotFrom !== undefined) {
      const output = nodeFrom.outputs.indexOf(slotFrom)
      const end = { kind: 'from', node: nodeFrom.id, output, type: slotFrom.type } as const
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
    this.scene.page.openLinkMenu(link.id, [event.clientX, event.clientY])
    return false
  }

  /** litegraph's own would write HTML, or evaluate what was typed. */
  override prompt(): void {}
  override copyToClipboard(): void {}
  override pasteFromClipboard(): void {}
  override deleteSelectedNodes(): void {}
  override processDrop(): void {}

  graphPoint(event: { readonly clientX: number; readonly clientY: number }): [number, number] {
    const box = this.canvas.getBoundingClientRect()
    return this.ds.convertCanvasToOffset([event.clientX - box.left, event.clientY - box.top])
  }
}
