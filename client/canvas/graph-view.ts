import { LGraph } from 'litegraph.js/build/litegraph.core.js'
import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import { canConnect } from '../../server/graph/link-types.ts'
import { listenToTrackpad } from '../browser/trackpad.ts'
import type { Change } from '../document/change.ts'
import type { DocumentEvent, GraphDocument } from '../document/document.ts'
import { changeNode, removeNodes } from '../document/edits.ts'
import {
  type GraphGroup,
  type GraphLink,
  type GraphNode,
  type Point,
  type Reroute,
  waypoints,
} from '../document/graph.ts'
import { uploadParameter } from '../document/picture-inputs.ts'
import { typeOf } from '../document/virtual-types.ts'
import type { FileReference } from '../host/address.ts'
import { inputReference } from '../host/address.ts'
import { EMPTY_BOARD, type NodeOutput, type NodeStatus, type RunBoard } from '../host/run-board.ts'
import { filesOf, type ShownFiles, shownFiles } from '../host/run-result.ts'
import type { ScaleOutlook } from '../host/scale-outlook.ts'
import { type ScaleWords, wordsOfScale } from '../host/scale-words.ts'
import type { Layout, LinkView } from './layout.ts'
import { listenToLongPress } from './long-press.ts'
import { NodeView } from './node-view.ts'
import { Pictures } from './pictures.ts'
import { listenToPinch } from './pinch.ts'
import type { Area, PageActions, Place, Scene, ShownPictures } from './scene.ts'
import { Stage } from './stage.ts'
import { GRID, socketColor, usePalette } from './theme.ts'

/** Where the graph is looked at from. */
export interface Viewpoint {
  readonly scale: number
  readonly offset: Point
}

interface GraphViewOptions {
  readonly canvas: HTMLCanvasElement
  readonly document: GraphDocument
  readonly page: PageActions
  /** Where a file of the host is shown from. */
  readonly picture: (file: FileReference) => string
  /** What comes of a parameter of a node, as a run calls it, that scales pictures. */
  readonly outlook: ScaleOutlook['of']
}

/** Shows the document on a canvas, and turns gestures into edits of the document. */
export class GraphView {
  readonly #document: GraphDocument
  readonly #picture: GraphViewOptions['picture']
  readonly #graph = new LGraph()
  readonly #stage: Stage
  readonly #scene: Scene
  readonly #nodes = new Map<string, NodeView>()
  readonly #layout: Layout = { groups: new Map(), reroutes: new Map(), links: new Map() }
  /** Of each node the links into its inputs by name. */
  readonly #into = new Map<string, Map<string, number>>()
  /** Where each level was looked at from; a document that is put aside keeps its own. */
  #viewpoints = new Map<string, Viewpoint>()
  readonly #viewpointsOf = new WeakMap<object, Map<string, Viewpoint>>()
  #types: Catalogue = new Map()
  #board: RunBoard = EMPTY_BOARD
  readonly #heard = new WeakSet<NodeOutput>()
  /** Whether nodes that were moved snap to the dots of the ground. */
  snaps = false
  /** Called when the graph is looked at from elsewhere. */
  onViewpoint: () => void = () => {}
  /** Where `fit` put the view; as long as nobody moves it, it is fitted again when the canvas changes its size. */
  #fittedTo: Viewpoint | undefined
  #level = ''

  constructor({ canvas, document, page, picture, outlook }: GraphViewOptions) {
    this.#document = document
    this.#picture = picture
    this.#stage = new Stage(canvas, this.#graph)
    const view = this
    this.#scene = {
      document,
      page,
      pictures: new Pictures(() => this.redraw()),
      layout: this.#layout,
      get types() {
        return view.#types
      },
      linkInto: (node, input) => this.#into.get(node)?.get(input),
      pointer: () => [this.#stage.graph_mouse[0] ?? 0, this.#stage.graph_mouse[1] ?? 0],
      typeOf: (node) => typeOf(document.graph, node, this.#types),
      status: (id) => this.#status(id),
      said: (id) => this.said(id),
      output: (id) => this.#board.outputs.get(this.runId(id)),
      outlook: (id) => {
        const scale = this.scaleOf(id)
        const found = scale && outlook(this.runId(id), scale)
        return found && wordsOfScale(found, scale)
      },
      shown: (node) => this.shown(node),
      areaOf: (id) => this.areaOf(id),
      place: (...rectangle) => this.#place(...rectangle),
    }
    this.#stage.scene = this.#scene
    this.#stage.onGesture = () => this.#readBack()
    this.#stage.onViewpoint = () => this.onViewpoint()
    this.#stage.startRendering()
    document.subscribe((event) => this.#hear(event))
    this.#listen(canvas)
    requestAnimationFrame(() => this.#animate())
  }

  /** Other node types: every node is made anew, and pictures of the host may be others too. */
  set types(types: Catalogue) {
    this.#types = types
    this.forgetPictures()
    this.#rebuild()
  }

  set board(board: RunBoard) {
    this.#board = board
    for (const output of board.outputs.values()) this.#hearOutput(output)
    this.redraw()
  }

  /** The host may have other pictures under the same names. */
  forgetPictures(): void {
    this.#scene.pictures.forget()
  }

  /** Draws in the colours of a theme from now on. */
  set theme(theme: 'light' | 'dark') {
    usePalette(theme)
    this.#rebuild()
  }

  redraw(): void {
    this.#stage.setDirty(true, true)
  }

  resize(width: number, height: number, ratio: number): void {
    const { scale, offset } = this.viewpoint
    const [x, y] = this.#fittedTo?.offset ?? []
    const untouched = scale === this.#fittedTo?.scale && offset[0] === x && offset[1] === y
    this.#stage.fitInto(width, height, ratio)
    if (untouched) this.fit()
  }

  get selected(): ReadonlySet<string> {
    return new Set(Object.keys(this.#stage.selected_nodes))
  }

  get selectedGroups(): ReadonlySet<string> {
    return new Set([...this.#layout.groups].flatMap(([id, { isSelected }]) => (isSelected ? [id] : [])))
  }

  select(ids: Iterable<string>, groups: Iterable<string> = []): void {
    this.#stage.deselectAllNodes()
    this.#stage.selectNodes([...ids].flatMap((id) => this.#nodes.get(id) ?? []))
    this.#stage.selectGroups([...groups].flatMap((id) => this.#layout.groups.get(id) ?? []))
  }

  selectAll(): void {
    this.select(this.#nodes.keys(), this.#layout.groups.keys())
  }

  deleteSelected(): void {
    this.#document.commit(removeNodes(this.#document.graph, this.selected))
  }

  get viewpoint(): Viewpoint {
    const { scale, offset } = this.#stage.ds
    return { scale, offset: [offset[0], offset[1]] }
  }

  set viewpoint({ scale, offset }: Viewpoint) {
    this.#stage.ds.scale = scale
    this.#stage.ds.offset = [offset[0], offset[1]]
    this.redraw()
  }

  /** Where the outermost level is looked at from, whatever is in view: what a file keeps. */
  get outerViewpoint(): Viewpoint {
    return this.#level === '' ? this.viewpoint : (this.#viewpoints.get('') ?? this.viewpoint)
  }

  /** Puts back what the pointer has hold of. @returns whether it had hold of anything */
  abandon(): boolean {
    if (!this.#stage.isHolding) return false
    this.#scene.page.abandonGesture()
    for (const view of this.#nodes.values()) if (view.model !== undefined) view.mirror(view.model)
    for (const view of this.#layout.groups.values()) view.bounding = [...view.model.bounding]
    for (const view of this.#layout.reroutes.values()) view.position = [view.model.position[0], view.model.position[1]]
    this.#stage.letGo()
    return true
  }

  /** Where a node is and how large, as it is drawn. */
  areaOf(id: string): Area | undefined {
    const view = this.#nodes.get(id)
    if (view === undefined) return undefined
    const [x = 0, y = 0, width = 0, height = 0] = view.getBounding(new Float32Array(4))
    return { x, y, width, height }
  }

  /** Nodes that were made without a size get the one that they are drawn with. */
  sized(ids: Iterable<string>): Change[] {
    const { graph } = this.#document
    return [...ids].flatMap((id) => {
      const size = this.#nodes.get(id)?.size
      if (size === undefined || graph.nodes.get(id)?.size[1] !== 0) return []
      return changeNode(graph, id, { size: [Math.round(size[0] ?? 0), Math.round(size[1] ?? 0)] })
    })
  }

  /** Shows the whole graph with its groups, or only some of its nodes. */
  fit(ids?: Iterable<string>): void {
    const { canvas, ds } = this.#stage
    const box = canvas.getBoundingClientRect()
    const areas = [...(ids ?? this.#nodes.keys())].flatMap((id) => this.areaOf(id) ?? [])
    for (const { bounding } of ids === undefined ? this.#layout.groups.values() : []) {
      const [x, y, width, height] = bounding
      areas.push({ x, y, width, height })
    }
    if (areas.length === 0 || box.width === 0) return
    const left = areas.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY)
    const top = areas.reduce((least, { y }) => Math.min(least, y), Number.POSITIVE_INFINITY)
    const right = areas.reduce((most, { x, width }) => Math.max(most, x + width), Number.NEGATIVE_INFINITY)
    const bottom = areas.reduce((most, { y, height }) => Math.max(most, y + height), Number.NEGATIVE_INFINITY)
    const margin = 36
    const scale = Math.min(1.1, (box.width - 2 * margin) / (right - left), (box.height - 2 * margin) / (bottom - top))
    ds.scale = Math.max(ds.min_scale, scale)
    ds.offset = [(box.width / ds.scale - (right + left)) / 2, (box.height / ds.scale - (bottom + top)) / 2]
    this.#fittedTo = this.viewpoint
    this.redraw()
    this.onViewpoint()
  }

  /** Whether any node can be seen from where the graph is looked at. */
  get showsSomething(): boolean {
    const { canvas, ds } = this.#stage
    const box = canvas.getBoundingClientRect()
    const [left, top] = [-ds.offset[0], -ds.offset[1]]
    const [right, bottom] = [left + box.width / ds.scale, top + box.height / ds.scale]
    return [...this.#nodes.keys()].some((id) => {
      const { x, y, width, height } = this.areaOf(id) ?? { x: 0, y: 0, width: 0, height: 0 }
      return x + width > left && x < right && y + height > top && y < bottom
    })
  }

  /** Moves the ground no further than it takes to see a node, its left top corner at least. */
  reveal(id: string): void {
    const area = this.areaOf(id)
    if (area === undefined) return
    const { canvas, ds } = this.#stage
    const box = canvas.getBoundingClientRect()
    const margin = 36 / ds.scale
    const move = (start: number, length: number, offset: number, room: number) => {
      const [first, last] = [start - margin, start + length + margin]
      if (first < -offset) return -offset - first
      return Math.max(-offset - first, Math.min(0, room - offset - last))
    }
    ds.offset[0] += move(area.x, area.width, ds.offset[0], box.width / ds.scale)
    ds.offset[1] += move(area.y, area.height, ds.offset[1], box.height / ds.scale)
    this.redraw()
    this.onViewpoint()
  }

  /** The fields that a node shows, each with what it holds and what opens it. */
  fieldsOf(id: string): readonly { readonly name: string; readonly value: string; open(): void }[] {
    const view = this.#nodes.get(id)
    return (view?.widgets ?? []).map(({ name, edit, release }) => ({
      name,
      value: String(view?.model?.params[name] ?? ''),
      open: edit ?? release,
    }))
  }

  /** Zooms around the middle of the canvas. */
  zoom(factor: number): void {
    const box = this.#stage.canvas.getBoundingClientRect()
    this.#stage.zoom(factor, [box.width / 2, box.height / 2])
  }

  /** The point of the graph under a point of the page. */
  graphPoint(page: { readonly clientX: number; readonly clientY: number }): Point {
    return this.#stage.graphPoint(page)
  }

  /** Where the pointer is in the graph; undefined while it is elsewhere on the page. */
  get pointer(): Point | undefined {
    if (!this.#stage.canvas.matches(':hover')) return undefined
    return this.#scene.pointer()
  }

  /** The place of a rectangle of the graph on the page. */
  placeOf({ x, y, width, height }: Area): Place {
    return this.#place(x, y, width, height)
  }

  nodeAt([x, y]: Point): string | undefined {
    return this.#graph.getNodeOnPos(x, y, undefined, 5)?.id
  }

  /** The parameter of a node that scales pictures. */
  scaleOf(id: string): NumberParameter | undefined {
    const type = this.#types.get(this.#document.graph.nodes.get(id)?.type ?? '')
    const name = type?.size?.times
    const parameter = name === undefined ? undefined : type?.parameters.find((one) => one.name === name)
    return parameter?.kind === 'INT' || parameter?.kind === 'FLOAT' ? parameter : undefined
  }

  /** What comes of the scale of a node, where that is known. */
  outlook(id: string): ScaleWords | undefined {
    return this.#scene.outlook(id)
  }

  /** Addresses of what a node shows. */
  shown(node: GraphNode): ShownPictures {
    const { pictures, compared } = this.files(node)
    return {
      pictures: pictures.map((file) => this.#picture(file)),
      ...(compared && { compared: { before: this.#picture(compared.before), after: this.#picture(compared.after) } }),
    }
  }

  /** What a node shows: the picture that it loads, else the results of the latest run. */
  files(node: GraphNode): ShownFiles {
    const upload = uploadParameter(this.#types.get(node.type))
    const name = upload === undefined ? undefined : node.params[upload]
    if (typeof name === 'string' && name !== '') return { pictures: [inputReference(name)] }
    return shownFiles(this.#board.outputs.get(this.runId(node.id)))
  }

  /** A new result may have the address of an old one: a host that was started again counts its files from the first. */
  #hearOutput(output: NodeOutput): void {
    if (this.#heard.has(output)) return
    this.#heard.add(output)
    this.#scene.pictures.forget(filesOf(output).map((file) => this.#picture(file)))
  }

  /** What a run calls a node of the level in view: the nodes on the way to it come first. */
  runId(id: string): string {
    const { path } = this.#document
    return path.length === 0 ? id : `${path.map(({ node }) => node).join(':')}:${id}`
  }

  /** What a node said of its work in the latest run; a subgraph what its inside said. */
  said(id: string): readonly string[] {
    return this.#statuses(id).flatMap(({ said = [] }) => said)
  }

  /** The state of a node; that of a subgraph is the one of its inside that matters most. */
  #status(id: string): NodeStatus | undefined {
    const all = this.#statuses(id)
    const first = (state: NodeStatus['state']) => all.find((status) => status.state === state)
    return first('failed') ?? first('running') ?? first('waiting') ?? all[0]
  }

  /** The state of a node; of a subgraph those of its inside. */
  #statuses(id: string): readonly NodeStatus[] {
    const runId = this.runId(id)
    const own = this.#board.nodes.get(runId)
    if (own !== undefined) return [own]
    const type = this.#nodes.get(id)?.type ?? ''
    if (!this.#document.graph.definitions.has(type)) return []
    return [...this.#board.nodes].flatMap(([other, status]) => (other.startsWith(`${runId}:`) ? [status] : []))
  }

  #listen(canvas: HTMLCanvasElement): void {
    let down: Point = [0, 0]
    // litegraph hears it first and lets it go no further than this phase.
    canvas.addEventListener(
      'pointerdown',
      (event) => {
        down = [event.clientX, event.clientY]
      },
      { capture: true },
    )
    canvas.addEventListener('click', (event) => {
      if (Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 5) this.#clickPicture(event)
    })
    // Before the pinch, which lets nobody after it hear of the second finger.
    listenToLongPress(canvas, (event) => {
      this.#stage.letGo()
      const [x, y] = this.graphPoint(event)
      this.#stage.processContextMenu(this.#graph.getNodeOnPos(x, y, undefined, 5), event)
    })
    listenToPinch(
      canvas,
      (middle, shift, factor) => this.#stage.pinch(middle, shift, factor),
      () => this.#stage.letGo(),
    )
    listenToTrackpad(canvas, (factor, x, y) => this.#stage.pinch([x, y], [0, 0], factor))
    canvas.addEventListener('pointerleave', () => this.#scene.page.pointAtPart())
    canvas.addEventListener('dblclick', (event) => this.#stage.openAt(event))
    canvas.addEventListener('wheel', (event) => this.#stage.wheel(event), { passive: false })
    for (const type of ['pointermove', 'pointerdown', 'wheel'] as const) {
      canvas.addEventListener(type, (event) => this.#pointAt(event), { capture: true, passive: true })
    }
  }

  #clickPicture(event: MouseEvent): void {
    const found = this.#pictureAt(event)
    if (found !== undefined) this.#scene.page.openPictures(found.view.id)
  }

  /** The node whose pictures are under a point of the page. */
  #pictureAt(event: { readonly clientX: number; readonly clientY: number }) {
    const [x, y] = this.graphPoint(event)
    const view = this.#nodes.get(this.nodeAt([x, y]) ?? '')
    const model = view?.model
    const [file] = view === undefined || model === undefined ? [] : this.files(model).pictures
    if (view === undefined || file === undefined || model?.collapsed === true) return undefined
    const place = view.picturePlace
    const [px, py] = [x - (view.pos[0] ?? 0) - place.x, y - (view.pos[1] ?? 0) - place.y]
    return px >= 0 && py >= 0 && px <= place.width && py <= place.height ? { view, file, place } : undefined
  }

  /** Tells the page of the picture or the part of a node under the pointer; a press or a turn of the wheel moves it away. */
  #pointAt(event: PointerEvent | WheelEvent): void {
    const isStill = event.type === 'pointermove' && event.buttons === 0 && this.#stage.ds.scale > 0.4
    const found = isStill ? this.#pictureAt(event) : undefined
    this.#scene.page.pointAtPart(isStill && found === undefined ? this.#partAt(event) : undefined)
    if (found === undefined) {
      this.#scene.page.pointAtPicture()
      return
    }
    const { view, file, place } = found
    const [x, y] = [(view.pos[0] ?? 0) + place.x, (view.pos[1] ?? 0) + place.y]
    this.#scene.page.pointAtPicture({ file, place: this.#place(x, y, place.width, place.height) })
  }

  #partAt(event: { readonly clientX: number; readonly clientY: number }) {
    const point = this.graphPoint(event)
    const view = this.#nodes.get(this.nodeAt(point) ?? '')
    const found = view?.partAt(point)
    if (view?.description === undefined || found === undefined) return undefined
    return { type: view.description, part: found.part, place: this.placeOf(found.area) }
  }

  /** While a node runs, its progress line moves. */
  #animate(): void {
    for (const { state } of this.#board.nodes.values()) {
      if (state !== 'running') continue
      this.#stage.setDirty(true, false)
      break
    }
    requestAnimationFrame(() => this.#animate())
  }

  #hear(event: DocumentEvent): void {
    if (event.kind === 'opened') {
      const { levels } = this.#document.state
      this.#viewpoints = this.#viewpointsOf.get(levels) ?? new Map()
      this.#viewpointsOf.set(levels, this.#viewpoints)
      this.#level = this.#document.level
      this.#rebuild()
    } else if (event.kind === 'entered') {
      this.#viewpoints.set(this.#level, this.viewpoint)
      this.#level = this.#document.level
      this.#rebuild()
      const known = this.#viewpoints.get(this.#level)
      if (known === undefined) this.fit()
      else this.viewpoint = known
    } else this.#follow(event.changes)
    this.redraw()
  }

  #rebuild(): void {
    this.#stage.deselectAllNodes()
    this.#graph.clear()
    this.#nodes.clear()
    this.#into.clear()
    const { layout } = this.#scene
    for (const part of Object.values(layout)) part.clear()
    const { nodes, links, groups, reroutes } = this.#document.graph
    for (const group of groups.values()) this.#addGroup(group)
    for (const reroute of reroutes.values()) this.#addReroute(reroute)
    for (const link of links.values()) this.#inputsOf(link.to).set(link.input, link.id)
    for (const node of nodes.values()) this.#addNode(node)
    for (const link of links.values()) this.#showLink(link)
    this.redraw()
  }

  /** Makes an edit visible: first what there is, then what nodes look like with their new links. */
  #follow(changes: readonly Change[]): void {
    const restyled = new Set<string>()
    const routed = new Set<number>()
    for (const change of changes) {
      if (
        change.kind === 'add-definition' ||
        change.kind === 'remove-definition' ||
        change.kind === 'rename-definition'
      ) {
        for (const node of this.#nodes.values()) if (node.type === change.id) restyled.add(node.id)
        continue
      }
      if (change.in !== this.#level) {
        // The fields of a subgraph's node are those of its inside.
        for (const node of this.#nodes.values()) if (node.type === change.in) restyled.add(node.id)
        continue
      }
      switch (change.kind) {
        case 'add-node':
          this.#addNode(change.node)
          restyled.add(change.node.id)
          break
        case 'remove-node':
          this.#removeNode(change.node.id)
          break
        case 'change-node':
          if (change.before.inputs === change.after.inputs && change.before.outputs === change.after.outputs) {
            this.#nodes.get(change.after.id)?.mirror(change.after)
          } else restyled.add(change.after.id)
          break
        case 'add-link':
          this.#inputsOf(change.link.to).set(change.link.input, change.link.id)
          restyled.add(change.link.to).add(change.link.from)
          routed.add(change.link.id)
          break
        case 'change-link':
          routed.add(change.after.id)
          break
        case 'remove-link':
          this.#removeLink(change.link)
          restyled.add(change.link.to).add(change.link.from)
          break
        case 'add-group':
          this.#addGroup(change.group)
          break
        case 'remove-group':
          this.#layout.groups.delete(change.group.id)
          break
        case 'change-group':
          this.#addGroup(change.after)
          break
        case 'add-reroute':
          this.#addReroute(change.reroute)
          for (const link of this.#document.graph.links.values()) if (link.parent !== undefined) routed.add(link.id)
          break
        case 'change-reroute':
          this.#addReroute(change.after)
          for (const link of this.#document.graph.links.values()) if (link.parent !== undefined) routed.add(link.id)
          break
        case 'remove-reroute':
          this.#layout.reroutes.delete(change.reroute.id)
          for (const link of this.#layout.links.values()) if (link.model.parent !== undefined) routed.add(link.id)
          break
      }
    }
    const { graph } = this.#document
    for (const id of restyled) {
      const node = graph.nodes.get(id)
      if (node !== undefined) this.#nodes.get(id)?.build(node)
    }
    if (restyled.size > 0) {
      for (const link of this.#layout.links.values()) {
        if (restyled.has(link.model.to) || restyled.has(link.model.from)) routed.add(link.id)
      }
    }
    for (const id of routed) {
      const link = graph.links.get(id)
      if (link !== undefined) this.#showLink(link)
    }
  }

  #inputsOf(id: string): Map<string, number> {
    const known = this.#into.get(id)
    if (known !== undefined) return known
    const made = new Map<string, number>()
    this.#into.set(id, made)
    return made
  }

  #addNode(node: GraphNode): void {
    const view = new NodeView(this.#scene, node)
    this.#nodes.set(node.id, view)
    this.#graph.add(view, true)
  }

  /** By hand: litegraph's own would sort the whole graph again for each node. */
  #removeNode(id: string): void {
    const view = this.#nodes.get(id)
    if (view === undefined) return
    this.#nodes.delete(id)
    const { _nodes: nodes, _nodes_by_id: byId } = this.#graph
    const at = nodes.lastIndexOf(view)
    if (at >= 0) nodes.splice(at, 1)
    delete byId[id]
    delete this.#stage.selected_nodes[id]
    view.graph = null
  }

  /** Links are put where litegraph takes hold of them; its own `connect` would decide by itself. */
  #showLink(link: GraphLink): void {
    const former = this.#layout.links.get(link.id)
    if (former !== undefined) this.#removeLinkView(former)
    const from = this.#nodes.get(link.from)
    const to = this.#nodes.get(link.to)
    const slot = to?.inputs.findIndex(({ name }) => name === link.input) ?? -1
    const input = to?.inputs[slot]
    const output = from?.outputs[link.output]
    if (from === undefined || to === undefined || input === undefined || output === undefined) return
    input.link = link.id
    if (!output.links.includes(link.id)) output.links.push(link.id)
    const color = socketColor(link.type)
    const points = waypoints(this.#document.graph, link).flatMap(({ id }) => this.#layout.reroutes.get(id) ?? [])
    for (const point of points) point.color = color
    const view: LinkView = {
      id: link.id,
      type: link.type,
      origin_id: link.from,
      origin_slot: link.output,
      target_id: link.to,
      target_slot: slot,
      _pos: new Float32Array(2),
      model: link,
      from,
      to,
      color,
      broken: !canConnect(output.type, input.type),
      points,
    }
    this.#layout.links.set(link.id, view)
    this.#graph.links[link.id] = view
  }

  #removeLink(link: GraphLink): void {
    const inputs = this.#inputsOf(link.to)
    if (inputs.get(link.input) === link.id) inputs.delete(link.input)
    const view = this.#layout.links.get(link.id)
    if (view !== undefined) this.#removeLinkView(view)
  }

  #removeLinkView({ id, from, to, model }: LinkView): void {
    const input = to.inputs.find(({ name }) => name === model.input)
    const output = from.outputs[model.output]
    if (input?.link === id) input.link = null
    if (output !== undefined) output.links = output.links.filter((other) => other !== id)
    this.#layout.links.delete(id)
    delete this.#graph.links[id]
  }

  #addGroup(model: GraphGroup): void {
    const isSelected = this.#layout.groups.get(model.id)?.isSelected ?? false
    this.#layout.groups.set(model.id, { model, bounding: [...model.bounding], isSelected })
  }

  #addReroute(model: Reroute): void {
    const color = this.#layout.reroutes.get(model.id)?.color ?? socketColor('*')
    this.#layout.reroutes.set(model.id, { model, position: [model.position[0], model.position[1]], color })
  }

  /** After a gesture: what was moved, resized or folded becomes one edit. */
  #readBack(): void {
    const { graph } = this.#document
    const snap = (value: number) => (this.snaps ? Math.round(value / GRID) * GRID : Math.round(value))
    const changes: Change[] = []
    for (const view of this.#nodes.values()) {
      const moved = view.moved(snap)
      if (Object.keys(moved).length === 0) continue
      const change = changeNode(graph, view.id, moved)
      // Moved by less than counts.
      if (change.length === 0 && view.model !== undefined) view.mirror(view.model)
      changes.push(...change)
    }
    for (const { model, bounding } of this.#layout.groups.values()) {
      if (bounding.every((value, i) => value === model.bounding[i])) continue
      const [x, y, width, height] = bounding
      const after = { ...model, bounding: [snap(x), snap(y), Math.round(width), Math.round(height)] as const }
      changes.push({ kind: 'change-group', before: model, after })
    }
    for (const { model, position } of this.#layout.reroutes.values()) {
      if (position[0] === model.position[0] && position[1] === model.position[1]) continue
      const after = { ...model, position: [snap(position[0]), snap(position[1])] as const }
      changes.push({ kind: 'change-reroute', before: model, after })
    }
    this.#document.commit(changes)
  }

  #place(x: number, y: number, width: number, height: number): Place {
    const box = this.#stage.canvas.getBoundingClientRect()
    const [left, top] = this.#stage.ds.convertOffsetToCanvas([x, y])
    const { scale } = this.#stage.ds
    return { x: box.left + left, y: box.top + top, width: width * scale, height: height * scale }
  }
}
