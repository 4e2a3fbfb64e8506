import type { Catalogue } from '../server/graph/catalogue.ts'
import { chooseFiles } from './browser/choose-files.ts'
import { GraphView } from './canvas/graph-view.ts'
import type { PageActions } from './canvas/scene.ts'
import { GraphDocument } from './document/document.ts'
import { type GraphNode, isBoundary, type Point } from './document/graph.ts'
import { EditHistory } from './document/history.ts'
import { wordsOfPart } from './document/part-words.ts'
import { readGraphText, styleOf } from './document/read-file.ts'
import { runNode } from './document/run-nodes.ts'
import { titleOf } from './document/virtual-types.ts'
import { Commands } from './editing/commands.ts'
import { NodeAdding } from './editing/node-adding.ts'
import { NodeClipboard } from './editing/node-clipboard.ts'
import { NodeWalk } from './editing/node-walk.ts'
import type { Address } from './host/address.ts'
import type { Host } from './host/host.ts'
import { type Order, orderOf } from './host/order.ts'
import { orderUpTo } from './host/partial-run.ts'
import type { PictureSizes } from './host/picture-sizes.ts'
import type { RunBoard } from './host/run-board.ts'
import { type Announce, RunControl } from './host/run-control.ts'
import { resultOf, savedOf, wordsOfRun } from './host/run-result.ts'
import { ScaleOutlook } from './host/scale-outlook.ts'
import { askTitle, graphMenu, linkMenu } from './panels/graph-menus.ts'
import type { Hint } from './panels/hint.ts'
import type { LateViewer } from './panels/late-viewer.ts'
import { openMenu } from './panels/menu.ts'
import type { PictureHandle } from './panels/picture-handle.ts'
import { editText } from './panels/text-editor.ts'
import type { Toasts } from './panels/toasts.ts'
import { FileIntake } from './pictures/file-intake.ts'
import { PictureBatch } from './pictures/picture-batch.ts'
import { PictureDrawing } from './pictures/picture-drawing.ts'
import { PictureLoaders } from './pictures/picture-loaders.ts'
import { PictureLoading } from './pictures/picture-loading.ts'
import { saveZip } from './pictures/save-zip.ts'
import { STRINGS } from './strings.ts'
import { runsOf, Telling } from './telling.ts'
import { Tabs } from './workflows/tabs.ts'
import { WorkflowFiles } from './workflows/workflow-files.ts'

interface EditorParts {
  readonly canvas: HTMLCanvasElement
  readonly host: Host
  readonly address: Address
  readonly toasts: Toasts
  readonly viewer: Pick<LateViewer, 'open' | 'draw'>
  readonly handle: PictureHandle
  readonly hint: Hint
  /** Says something to those who do not see the graph. */
  readonly say: (words: string) => void
  /** The board of a run has changed. */
  readonly followed: () => void
  /** A picture is on its way to the host, or no more. */
  readonly uploading: () => void
  /** A batch has come further. */
  readonly sending: () => void
  /** The workflow in view is about to leave it. */
  readonly leaving: () => void
  /** Puts away what lies over the graph. */
  readonly uncover: () => void
  /** Whether the form is in the place of the graph. */
  readonly isForm: () => boolean
  readonly sizes: PictureSizes
  /** Pixels of the largest picture that the host makes, once it has said so. */
  readonly mostPixels: () => number | undefined
  /** More is known of how large pictures will be. */
  readonly measured: () => void
}

/** The graphs that are open, with all that a person does to them, and the runs of the one in view. */
export class Editor {
  readonly document = new GraphDocument()
  readonly history = new EditHistory(this.document)
  readonly view: GraphView
  readonly runs: RunControl
  readonly outlook: ScaleOutlook
  readonly commands: Commands
  readonly tabs: Tabs
  readonly files: WorkflowFiles
  readonly adding: NodeAdding
  readonly walk: NodeWalk
  readonly clipboard: NodeClipboard
  readonly loading: PictureLoading
  readonly drawing: PictureDrawing
  readonly batch: PictureBatch
  readonly intake: FileIntake
  readonly #parts: EditorParts
  #types: Catalogue = new Map()
  readonly #finished = new Set<string>()

  constructor(parts: EditorParts) {
    this.#parts = parts
    this.runs = new RunControl(
      parts.host,
      (...words) => this.#tellOfRun(...words),
      (board) => this.#followRun(board),
      localStorage,
    )
    this.view = new GraphView({
      canvas: parts.canvas,
      document: this.document,
      page: this.#page(),
      picture: (file) => parts.address.reduced(file),
      outlook: (...scale) => this.outlook.of(...scale),
    })
    const { document, history, view, runs } = this
    this.outlook = new ScaleOutlook({ document, types: () => this.#types, ...parts })
    const { host, address, isForm } = parts
    const types = () => this.#types
    const telling = new Telling(parts.toasts)
    const refuse = (reason: string) => parts.toasts.show('warning', reason)
    const commands = new Commands({ document, history, view, types, refuse })
    const tabs = new Tabs({
      document,
      history,
      view,
      read: (text) =>
        telling.try(() => {
          tabs.active.style = styleOf(text)
          files.show(readGraphText(text, types()))
        }),
      leaving: parts.leaving,
    })
    const files = new WorkflowFiles({ document, view, tabs, types, host, telling })
    const loaders = new PictureLoaders({ document, view, types, isForm })
    const { uploading, sending } = parts
    const pictures = { document, history, view, tabs, types, loaders, host, address, telling, isForm }
    const loading = new PictureLoading({ ...pictures, uploading })
    const zip = (runs: readonly string[]) => saveZip(host, address, { runs })
    const batch = new PictureBatch({ document, types, host, runs, telling, sending, zip })
    this.commands = commands
    this.tabs = tabs
    this.files = files
    this.adding = new NodeAdding({ document, history, view, commands, types, refuse })
    this.walk = new NodeWalk({
      document,
      view,
      types,
      say: parts.say,
      openMenu: (node, page, at) => graphMenu(this, { node }, page, at),
    })
    this.clipboard = new NodeClipboard({ document, history, view, types, telling })
    this.loading = loading
    this.batch = batch
    this.drawing = new PictureDrawing({
      document,
      tabs,
      types,
      runs,
      loading,
      viewer: parts.viewer,
      telling,
      order: () => this.order(),
    })
    this.intake = new FileIntake({ tabs, types, host, files, loaders, loading, batch, telling, isForm })
    tabs.subscribe(() => {
      view.board = this.boardInView
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
    void this.loading.whenLoaded(() => this.runs.start(this.order()))
  }

  /** Runs only what a node needs, and shows the picture that it gives. */
  async runUpTo(id: string): Promise<void> {
    const node = this.view.runId(id)
    await this.loading.whenLoaded(() => {
      const { order, shown } = orderUpTo(this.order(), this.document.whole, node, this.#types)
      return this.runs.start({ ...order, upTo: { node, shown } })
    })
  }

  /** The workflow in view as the host would run it at a time. @throws where it cannot be run at all */
  order(now: Date = new Date()): Order {
    const { whole, version } = this.document
    return { ...orderOf(whole, this.#types, now), origin: this.tabs.active.id, version }
  }

  titleOf(node: GraphNode): string {
    return titleOf(this.document.graph, node, this.#types)
  }

  /** The latest run of the graph in view. */
  get boardInView(): RunBoard {
    return this.runs.boardOf(this.tabs.active.id)
  }

  /** The run that a person can wait for and stop: that of the graph in view before others; else what was the latest of it. */
  get boardInMind(): RunBoard {
    const [own, latest] = [this.boardInView, this.runs.board]
    return own.state === 'running' || latest.state !== 'running' ? own : latest
  }

  /** Whether there is anything that `cancel` ends. */
  get canCancel(): boolean {
    return this.batch.sending !== undefined || this.boardInMind.state === 'running'
  }

  /** Stops the run that a person can wait for, and sends no more. */
  cancel(): void {
    this.batch.stop()
    const { run, state } = this.boardInMind
    if (run !== null && state === 'running') void this.runs.cancel(run)
  }

  /** Takes everything that waits out of the queue, and sends no more. */
  async clearQueue(): Promise<void> {
    this.batch.stop()
    await this.runs.clearQueue()
  }

  /**
   * When a run has ended well, its comparison is shown, or the picture of the node that it went up to; the form shows itself
   * what came of it.
   */
  #followRun(board: RunBoard): void {
    this.view.board = this.boardInView
    this.batch.follow(this.runs.queued)
    this.#parts.followed()
    if (board.state !== 'done' || board.run === null || this.#finished.has(board.run)) return
    const upTo = this.runs.upToOf(board.run)
    this.#finished.add(board.run)
    if (this.boardInView !== board) return
    const said = wordsOfRun(board, this.document.whole, this.#types)
    // The form says it itself.
    if (said.length > 0 && !this.#parts.isForm()) this.#parts.say(said.join('\n'))
    if (this.drawing.follow(upTo) || this.#parts.isForm()) return
    const result = resultOf(board, upTo, this.document.whole, this.#types)
    if (result !== undefined) this.#parts.viewer.open(result.title, result.files)
  }

  #openPictures(id: string): void {
    const node = this.document.graph.nodes.get(id)
    if (node === undefined) return
    const saved = savedOf(this.boardInView, this.view.runId(id))
    this.#parts.viewer.open(this.titleOf(node), { ...this.view.files(node), ...saved })
  }

  /** Says what a run has to say; a message about a node leads to it. */
  readonly #tellOfRun: Announce = (tone, message, remedy, about) => {
    const { tab, node } = about ?? {}
    const show = (at: string, id: string) => ({ label: STRINGS.blamed.show, act: () => this.#showBlamed(at, id) })
    this.#parts.toasts.show(tone, message, remedy, {
      about: tab && runsOf(tab),
      action: tab && node ? show(tab, node) : undefined,
    })
  }

  /** Brings a node that a run speaks of into view, in whatever tab and subgraph it is. */
  #showBlamed(tab: string, node: string): void {
    this.tabs.show(tab)
    const found = this.tabs.active.id === tab ? runNode(this.document.whole, node) : undefined
    if (found === undefined) {
      this.#parts.toasts.show('warning', STRINGS.blamed.gone)
      return
    }
    this.#parts.uncover()
    this.document.enter(found.path)
    this.view.select([found.node.id])
    this.view.fit([found.node.id])
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
        const setting = { node, parameter, path: this.document.path }
        void chooseFiles({ accept: 'image/*', multiple: true }).then((files) =>
          files.length > 1
            ? this.intake.runEach(files, setting)
            : files[0] && this.loading.uploadInto(files[0], setting),
        )
      },
      openPictures: (node) => this.#openPictures(node),
      drawOnPicture: (node) => this.drawing.open(this.view.runId(node)),
      follow: (address) => void open(address, '_blank', 'noopener,noreferrer'),
      pointAtPicture: (picture) => this.#parts.handle.show(picture),
      pointAtPart: (at) => {
        const words = at && wordsOfPart(at.type, at.part)
        this.#parts.hint.show(words && { ...words, place: at.place })
      },
      openMenu: (target, page, at) => graphMenu(this, target, page, at),
      openLinkMenu: (link, page, at) => linkMenu(this, link, page, at),
      open: ({ node, group }, page) => this.#open(node, group, page),
      addReroute: (link, at) => this.commands.addReroute(link, at),
      insertNode: (node, link) => this.commands.insertOnLink(node, link),
      expose: (end) => this.commands.expose(end),
      beginGesture: () => this.history.begin(),
      endGesture: () => this.history.end(),
      abandonGesture: () => this.history.abandon(),
      addNode: ([x, y], at, end) => this.adding.search({ x, y }, at, end),
    }
  }

  /** A double click: into a subgraph, or the title can be changed. */
  #open(id: string | undefined, group: string | undefined, page: Point): void {
    const { graph } = this.document
    const node = graph.nodes.get(id ?? '')
    const frame = graph.groups.get(group ?? '')
    if (node !== undefined && graph.definitions.has(node.type)) this.commands.enterSubgraph(node.id)
    else if (node !== undefined && !isBoundary(node)) {
      askTitle(page, this.titleOf(node), (title) => this.commands.rename(node.id, title))
    } else if (frame !== undefined) {
      askTitle(page, frame.title, (title) => this.commands.changeGroup(frame.id, { title }))
    }
  }
}
