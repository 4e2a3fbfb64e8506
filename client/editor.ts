import type { NodeDescription } from '../nodes/sdk/description.ts'
import type { Catalogue } from '../server/graph/catalogue.ts'
import { canConnect } from '../server/graph/link-types.ts'
import { GraphView, type Viewpoint } from './canvas/graph-view.ts'
import type { OpenEnd, PageActions } from './canvas/scene.ts'
import { connect } from './document/connect.ts'
import { GraphDocument } from './document/document.ts'
import { changeNode, insertGraph, newNode, setParam, subgraph } from './document/edits.ts'
import { NODE_MODES, type Point } from './document/graph.ts'
import { EditHistory } from './document/history.ts'
import { readGraphPicture, readGraphText } from './document/read-file.ts'
import type { ReadGraph } from './document/read-workflow.ts'
import { writeWorkflow } from './document/write-workflow.ts'
import type { Address, FileReference } from './host/address.ts'
import type { Host } from './host/host.ts'
import type { RunBoard } from './host/run-board.ts'
import { RunControl, wordsOf } from './host/run-control.ts'
import { graphMenu, linkMenu } from './panels/graph-menus.ts'
import { openMenu } from './panels/menu.ts'
import { openNodeSearch } from './panels/node-search.ts'
import type { Anchor } from './panels/popup.ts'
import { editText } from './panels/text-editor.ts'
import type { Toasts } from './panels/toasts.ts'
import type { Viewer } from './panels/viewer.ts'

interface EditorParts {
  readonly canvas: HTMLCanvasElement
  readonly host: Host
  readonly address: Address
  readonly toasts: Toasts
  readonly viewer: Viewer
  readonly show: (board: RunBoard) => void
}

/** Everything that a person can do with the graph; menus, keys and buttons only call this. */
export class Editor {
  readonly document = new GraphDocument()
  readonly history = new EditHistory(this.document)
  readonly view: GraphView
  readonly runs: RunControl
  readonly #parts: EditorParts
  #types: Catalogue = new Map()
  #finished: string | null = null

  constructor(parts: EditorParts) {
    this.#parts = parts
    this.runs = new RunControl(
      parts.host,
      (...words) => parts.toasts.show(...words),
      (board) => this.#followRun(board),
    )
    this.view = new GraphView({
      canvas: parts.canvas,
      document: this.document,
      page: this.#page(),
      picture: (file) => parts.address.reduced(file),
    })
  }

  get types(): Catalogue {
    return this.#types
  }

  set types(types: Catalogue) {
    this.#types = types
    this.view.types = types
  }

  run(): void {
    void this.runs.start(this.document.graph, this.#types)
  }

  /** The graph as a file holds it, with the place it is looked at from. */
  workflow(): Record<string, unknown> {
    const workflow = writeWorkflow(this.document.graph, this.#types)
    const extra = typeof workflow.extra === 'object' ? workflow.extra : {}
    return { ...workflow, extra: { ...extra, ds: this.view.viewpoint } }
  }

  /** Opens a graph in place of the present one. */
  open({ graph, problems }: ReadGraph, viewpoint?: Viewpoint): void {
    this.runs.forget()
    this.document.open(graph)
    if (viewpoint === undefined) this.view.fit()
    else this.view.viewpoint = viewpoint
    if (problems.length > 0) {
      const more = problems.length > 3 ? ` And ${problems.length - 3} more.` : ''
      this.#parts.toasts.show('warning', problems.slice(0, 3).join(' ') + more)
    }
  }

  openText(text: string): void {
    this.#try(() => this.open(readGraphText(text, this.#types)))
  }

  async openTemplate(name: string): Promise<void> {
    await this.#tryLater(async () => this.openText(JSON.stringify(await this.#parts.host.template(name))))
  }

  saveFile(): void {
    const blob = new Blob([`${JSON.stringify(this.workflow(), null, 2)}\n`], { type: 'application/json' })
    const link = document.createElement('a')
    link.href = URL.createObjectURL(blob)
    link.download = 'workflow.json'
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  }

  /** A workflow opens; a picture opens the graph that it carries, else it is loaded at `at`. */
  async takeFile(file: File, at: Point): Promise<void> {
    await this.#tryLater(async () => {
      if (/\.json$/i.test(file.name) || file.type === 'application/json') {
        this.open(readGraphText(await file.text(), this.#types))
        return
      }
      const carried = readGraphPicture(new Uint8Array(await file.arrayBuffer()), this.#types)
      if (carried !== undefined) this.open(carried)
      else await this.loadPicture(file, at)
    })
  }

  /** Uploads a picture into the LoadImage under `at`, or into a new one. */
  async loadPicture(file: File, at: Point): Promise<void> {
    await this.#tryLater(async () => {
      const name = inputName(await this.#parts.host.upload(file))
      const under = this.view.nodeAt(at)
      const node = under === undefined ? undefined : this.document.graph.nodes.get(under)
      if (node?.type === 'LoadImage') {
        this.#setPicture(node.id, 'image', name)
        return
      }
      const type = this.#types.get('LoadImage')
      if (type === undefined) return
      const made = newNode(this.document.graph, type, at)
      this.document.commit([{ kind: 'add-node', node: { ...made, params: { ...made.params, image: name } } }])
      this.view.select([made.id])
    })
  }

  addNode(type: NodeDescription, at: Point, end?: OpenEnd): void {
    const node = newNode(this.document.graph, type, [Math.round(at[0]), Math.round(at[1])])
    this.document.commit([{ kind: 'add-node', node }])
    this.view.select([node.id])
    if (end === undefined) return
    const output = end.kind === 'to' ? node.outputs.findIndex((socket) => canConnect(socket.type, end.type)) : -1
    const input = end.kind === 'from' ? node.inputs.find((socket) => canConnect(end.type, socket.type)) : undefined
    const connection =
      end.kind === 'from'
        ? connect(this.document.graph, { from: end.node, output: end.output, to: node.id, input: input?.name ?? '' })
        : connect(this.document.graph, { from: node.id, output, to: end.node, input: end.input })
    if (connection.ok) this.document.commit(connection.changes)
  }

  searchNodes(anchor: Anchor, at: Point, end?: OpenEnd): void {
    const fits = ({ inputs, outputs }: NodeDescription) =>
      end === undefined ||
      (end.kind === 'from'
        ? inputs.some(({ type }) => canConnect(end.type, type))
        : outputs.some(({ type }) => canConnect(type, end.type)))
    openNodeSearch([...this.#types.values()].filter(fits), anchor, (type) => this.addNode(type, at, end))
  }

  /** Mutes or bypasses what is selected; all of it so already: back to always. */
  toggleMode(mode: 'muted' | 'bypassed', ids: ReadonlySet<string> = this.view.selected): void {
    const { graph } = this.document
    const nodes = [...ids].flatMap((id) => graph.nodes.get(id) ?? [])
    const next = nodes.every((node) => node.mode === NODE_MODES[mode]) ? NODE_MODES.always : NODE_MODES[mode]
    this.document.commit(nodes.flatMap(({ id }) => changeNode(graph, id, { mode: next })))
  }

  /** What copying puts on the clipboard; nothing where nothing is selected. */
  copied(): string | undefined {
    const { selected } = this.view
    if (selected.size === 0) return undefined
    return JSON.stringify(writeWorkflow(subgraph(this.document.graph, selected), this.#types))
  }

  paste(text: string, at: Point): void {
    this.#try(() => {
      const { changes, ids } = insertGraph(this.document.graph, readGraphText(text, this.#types).graph, at)
      this.document.commit(changes)
      this.view.select(ids)
    })
  }

  #setPicture(node: string, parameter: string, name: string): void {
    this.document.commit(setParam(this.document.graph, node, parameter, name))
  }

  /** When a run has ended well, its comparison is shown. */
  #followRun(board: RunBoard): void {
    this.view.board = board
    this.#parts.show(board)
    if (board.state !== 'done' || board.run === this.#finished) return
    this.#finished = board.run
    const ran = [...board.nodes.keys()]
    const compared = ran.find((id) => (board.outputs.get(id)?.a_images?.length ?? 0) > 0)
    if (compared !== undefined) this.#openPictures(compared)
  }

  #openPictures(id: string): void {
    const node = this.document.graph.nodes.get(id)
    if (node === undefined) return
    this.#parts.viewer.open(node.title ?? this.#types.get(node.type)?.title ?? node.type, this.view.files(node))
  }

  #page(): PageActions {
    return {
      refuse: (reason) => this.#parts.toasts.show('warning', reason),
      editText,
      choose: ({ place, label, options, current, pick }) => {
        const items = options.map((option) => ({ label: option, checked: option === current, act: () => pick(option) }))
        if (items.length === 0) this.#parts.toasts.show('warning', `There is nothing to choose for ${label}.`)
        else openMenu(label, items, place)
      },
      pickPicture: (node, parameter) => {
        void chooseFile('image/*').then((file) =>
          this.#tryLater(async () => {
            if (file !== undefined) {
              this.#setPicture(node, parameter, inputName(await this.#parts.host.upload(file)))
            }
          }),
        )
      },
      openPictures: (node) => this.#openPictures(node),
      openMenu: (target, page, at) => graphMenu(this, target, page, at),
      openLinkMenu: (link, page) => linkMenu(this, link, page),
      addNode: ([x, y], at, end) => this.searchNodes({ x, y }, at, end),
    }
  }

  #try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#parts.toasts.show('error', ...wordsOf(error))
    }
  }

  async #tryLater(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#parts.toasts.show('error', ...wordsOf(error))
    }
  }
}

/** Asks for one file; undefined where none was chosen. */
export function chooseFile(accept: string): Promise<File | undefined> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    input.type = 'file'
    input.accept = accept
    input.addEventListener('change', () => resolve(input.files?.[0]))
    input.addEventListener('cancel', () => resolve(undefined))
    input.click()
  })
}

/** ComfyUI's name of a picture for LoadImage. */
function inputName({ filename, subfolder, type }: FileReference): string {
  const path = subfolder === '' ? filename : `${subfolder}/${filename}`
  return type === 'input' ? path : `${path} [${type}]`
}
