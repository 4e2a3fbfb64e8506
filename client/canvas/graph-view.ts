import { LGraph, LGraphGroup } from 'litegraph.js/build/litegraph.core.js'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Change } from '../document/change.ts'
import type { DocumentEvent, GraphDocument } from '../document/document.ts'
import { changeNode, removeNodes } from '../document/edits.ts'
import type { GraphGroup, GraphLink, GraphNode, Point } from '../document/graph.ts'
import type { FileReference } from '../host/address.ts'
import { inputReference } from '../host/address.ts'
import { EMPTY_BOARD, type RunBoard } from '../host/run-board.ts'
import { geometryOf, NodeView } from './node-view.ts'
import { uploadParameter } from './picture-place.ts'
import { Pictures } from './pictures.ts'
import { listenToPinch } from './pinch.ts'
import type { PageActions, Place, Scene, ShownPictures } from './scene.ts'
import { Stage } from './stage.ts'
import { usePalette } from './theme.ts'

/** Where the graph is looked at from. */
export interface Viewpoint {
  readonly scale: number
  readonly offset: Point
}

/** The files that a node shows. */
export interface ShownFiles {
  readonly pictures: readonly FileReference[]
  /** Two that are compared. */
  readonly compared?: { readonly before: FileReference; readonly after: FileReference }
}

interface GraphViewOptions {
  readonly canvas: HTMLCanvasElement
  readonly document: GraphDocument
  readonly page: PageActions
  /** Where a file of the host is shown from. */
  readonly picture: (file: FileReference) => string
}

/** Shows the document on a canvas, and turns gestures into edits of the document. */
export class GraphView {
  readonly #document: GraphDocument
  readonly #picture: GraphViewOptions['picture']
  readonly #graph = new LGraph()
  readonly #stage: Stage
  readonly #scene: Scene
  readonly #nodes = new Map<string, NodeView>()
  readonly #groups = new Map<string, LGraphGroup>()
  #types: Catalogue = new Map()
  #board: RunBoard = EMPTY_BOARD
  /** Where `fit` put the view; as long as nobody moves it, it is fitted again when the canvas changes its size. */
  #fittedTo: Viewpoint | undefined

  constructor({ canvas, document, page, picture }: GraphViewOptions) {
    this.#document = document
    this.#picture = picture
    this.#stage = new Stage(canvas, this.#graph)
    this.#scene = {
      document,
      page,
      pictures: new Pictures(() => this.redraw()),
      typeOf: (node) => this.#types.get(node.type),
      status: (id) => this.#board.nodes.get(id),
      output: (id) => this.#board.outputs.get(id),
      shown: (node) => this.shown(node),
      place: (...rectangle) => this.#place(...rectangle),
    }
    this.#stage.scene = this.#scene
    this.#stage.onGesture = () => this.#readBack()
    document.subscribe((event) => this.#hear(event))
    this.#listen(canvas)
    requestAnimationFrame(() => this.#animate())
  }

  /** Other node types: every node is made anew. */
  set types(types: Catalogue) {
    this.#types = types
    this.#rebuild()
  }

  set board(board: RunBoard) {
    this.#board = board
    this.redraw()
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

  select(ids: Iterable<string>): void {
    this.#stage.deselectAllNodes()
    this.#stage.selectNodes([...ids].flatMap((id) => this.#nodes.get(id) ?? []))
  }

  selectAll(): void {
    this.select(this.#nodes.keys())
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

  /** Shows the whole graph. */
  fit(): void {
    const { canvas, ds } = this.#stage
    const box = canvas.getBoundingClientRect()
    const boxes = [...this.#nodes.values()].map((node) => node.getBounding(new Float32Array(4)))
    if (boxes.length === 0 || box.width === 0) return
    const left = Math.min(...boxes.map(([x]) => x ?? 0))
    const top = Math.min(...boxes.map(([, y]) => y ?? 0))
    const right = Math.max(...boxes.map(([x, , w]) => (x ?? 0) + (w ?? 0)))
    const bottom = Math.max(...boxes.map(([, y, , h]) => (y ?? 0) + (h ?? 0)))
    const margin = 36
    const scale = Math.min(1.1, (box.width - 2 * margin) / (right - left), (box.height - 2 * margin) / (bottom - top))
    ds.scale = Math.max(ds.min_scale, scale)
    ds.offset = [(box.width / ds.scale - (right + left)) / 2, (box.height / ds.scale - (bottom + top)) / 2]
    this.#fittedTo = this.viewpoint
    this.redraw()
  }

  /** The point of the graph under a point of the page. */
  graphPoint(page: { readonly clientX: number; readonly clientY: number }): Point {
    return this.#stage.graphPoint(page)
  }

  nodeAt([x, y]: Point): string | undefined {
    return this.#graph.getNodeOnPos(x, y, undefined, 5)?.id
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
    const output = this.#board.outputs.get(node.id)
    const [before, after] = [output?.a_images?.[0], output?.b_images?.[0]]
    if (before !== undefined && after !== undefined) return { pictures: [before, after], compared: { before, after } }
    return { pictures: [...(output?.images ?? []), ...(output?.a_images ?? []), ...(output?.b_images ?? [])] }
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
    listenToPinch(
      canvas,
      (middle, shift, factor) => this.#stage.pinch(middle, shift, factor),
      () => this.#stage.letGo(),
    )
    canvas.addEventListener('dblclick', (event) => {
      const at = this.graphPoint(event)
      if (this.nodeAt(at) === undefined) this.#scene.page.addNode([event.clientX, event.clientY], at)
    })
  }

  #clickPicture(event: MouseEvent): void {
    const [x, y] = this.graphPoint(event)
    const id = this.nodeAt([x, y])
    const view = id === undefined ? undefined : this.#nodes.get(id)
    const model = view?.model
    if (view === undefined || model === undefined || this.shown(model).pictures.length === 0) return
    const place = view.picturePlace
    const [px, py] = [x - (view.pos[0] ?? 0) - place.x, y - (view.pos[1] ?? 0) - place.y]
    if (px >= 0 && py >= 0 && px <= place.width && py <= place.height) this.#scene.page.openPictures(view.id)
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
    if (event.kind === 'opened') this.#rebuild()
    else for (const change of event.changes) this.#follow(change)
    this.redraw()
  }

  #rebuild(): void {
    this.#stage.deselectAllNodes()
    this.#graph.clear()
    this.#nodes.clear()
    this.#groups.clear()
    this.#stage.groupKeys.clear()
    const { nodes, links, groups } = this.#document.graph
    for (const group of groups.values()) this.#addGroup(group)
    for (const node of nodes.values()) this.#addNode(node)
    for (const link of links.values()) this.#addLink(link)
    this.redraw()
  }

  #follow(change: Change): void {
    switch (change.kind) {
      case 'add-node':
        this.#addNode(change.node)
        break
      case 'remove-node':
        this.#removeNode(change.node.id)
        break
      case 'change-node':
        this.#nodes.get(change.after.id)?.mirror(change.after)
        break
      case 'add-link':
        this.#addLink(change.link)
        break
      case 'remove-link':
        this.#removeLink(change.link)
        break
      case 'add-group':
        this.#addGroup(change.group)
        break
      case 'remove-group':
        this.#removeGroup(change.group.id)
        break
      case 'change-group':
        this.#removeGroup(change.after.id)
        this.#addGroup(change.after)
        break
    }
  }

  #addNode(node: GraphNode): void {
    const view = new NodeView(this.#scene, node)
    this.#nodes.set(node.id, view)
    this.#graph.add(view, true)
  }

  #removeNode(id: string): void {
    const view = this.#nodes.get(id)
    if (view === undefined) return
    this.#nodes.delete(id)
    this.#graph.remove(view)
  }

  /** Links are put where litegraph draws them from; its own `connect` would decide by itself. */
  #addLink(link: GraphLink): void {
    const from = this.#nodes.get(link.from)
    const to = this.#nodes.get(link.to)
    const slot = to?.inputs.findIndex(({ name }) => name === link.input) ?? -1
    const input = to?.inputs[slot]
    const output = from?.outputs[link.output]
    if (input === undefined || output === undefined) return
    input.link = link.id
    output.links.push(link.id)
    this.#graph.links[link.id] = {
      id: link.id,
      type: link.type,
      origin_id: link.from,
      origin_slot: link.output,
      target_id: link.to,
      target_slot: slot,
      _pos: new Float32Array(2),
    }
  }

  #removeLink(link: GraphLink): void {
    const input = this.#nodes.get(link.to)?.inputs.find(({ name }) => name === link.input)
    const output = this.#nodes.get(link.from)?.outputs[link.output]
    if (input?.link === link.id) input.link = null
    if (output !== undefined) output.links = output.links.filter((id) => id !== link.id)
    delete this.#graph.links[link.id]
  }

  #addGroup({ id, title, bounding, rest }: GraphGroup): void {
    const group = new LGraphGroup(title)
    group.pos = [bounding[0], bounding[1]]
    group.size = [bounding[2], bounding[3]]
    if (typeof rest.color === 'string') group.color = rest.color
    this.#groups.set(id, group)
    this.#stage.groupKeys.set(group, id)
    this.#graph.add(group)
  }

  #removeGroup(id: string): void {
    const group = this.#groups.get(id)
    if (group === undefined) return
    this.#groups.delete(id)
    this.#stage.groupKeys.delete(group)
    this.#graph.remove(group)
  }

  /** After a gesture: what litegraph moved, resized or folded becomes one edit. */
  #readBack(): void {
    const { graph } = this.#document
    const changes: Change[] = [...this.#nodes.values()].flatMap((view) => changeNode(graph, view.id, geometryOf(view)))
    for (const [id, { pos, size }] of this.#groups) {
      const before = graph.groups.get(id)
      const bounding = [pos[0] ?? 0, pos[1] ?? 0, size[0] ?? 0, size[1] ?? 0].map(Math.round) as [
        number,
        number,
        number,
        number,
      ]
      if (before?.bounding.some((value, i) => Math.round(value) !== bounding[i])) {
        changes.push({ kind: 'change-group', before, after: { ...before, bounding } })
      }
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
