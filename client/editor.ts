import type { NodeDescription } from '../nodes/sdk/description.ts'
import type { Catalogue } from '../server/graph/catalogue.ts'
import { entryOf } from '../server/graph/entry.ts'
import { canConnect } from '../server/graph/link-types.ts'
import { GraphView, type Viewpoint } from './canvas/graph-view.ts'
import type { OpenEnd, PageActions } from './canvas/scene.ts'
import { chooseFiles } from './choose-files.ts'
import { Commands } from './commands.ts'
import { connect, flowingType, type Wish } from './document/connect.ts'
import { GraphDocument, type Step } from './document/document.ts'
import { insertGraph, newNode, partOf, setParam } from './document/edits.ts'
import { formOf, pictureFields } from './document/form.ts'
import { type Graph, type GraphNode, isBoundary, type Point } from './document/graph.ts'
import { EditHistory } from './document/history.ts'
import { uploadParameter } from './document/picture-inputs.ts'
import { readGraphPicture, readGraphText, styleOf, writeText } from './document/read-file.ts'
import type { ReadGraph } from './document/read-workflow.ts'
import { runNode } from './document/run-nodes.ts'
import { mayHold, mayTake } from './document/subgraphs.ts'
import { definitionType, titleOf, VIRTUAL_TYPES } from './document/virtual-types.ts'
import { writeWorkflow } from './document/write-workflow.ts'
import type { Address, FileReference } from './host/address.ts'
import { Batches, isOfOneFile, type Sending } from './host/batches.ts'
import type { Host } from './host/host.ts'
import { orderUpTo } from './host/partial-run.ts'
import { isUnreadable } from './host/pictures.ts'
import type { RunBoard } from './host/run-board.ts'
import { type Announce, type Order, orderOf, RunControl, wordsOf } from './host/run-control.ts'
import { resultOf } from './host/run-result.ts'
import { Uploads } from './host/uploads.ts'
import { askTitle, graphMenu, linkMenu } from './panels/graph-menus.ts'
import type { LateViewer } from './panels/late-viewer.ts'
import { openMenu } from './panels/menu.ts'
import { openNodeSearch } from './panels/node-search.ts'
import type { PictureHandle } from './panels/picture-handle.ts'
import type { Anchor } from './panels/popup.ts'
import { editText } from './panels/text-editor.ts'
import type { ToastAction, Toasts } from './panels/toasts.ts'
import { isPicture } from './picture-files.ts'
import { download } from './snapshot.ts'
import { STRINGS } from './strings.ts'
import { Tabs } from './tabs.ts'

interface EditorParts {
  readonly canvas: HTMLCanvasElement
  readonly host: Host
  readonly address: Address
  readonly toasts: Toasts
  readonly viewer: Pick<LateViewer, 'open'>
  readonly handle: PictureHandle
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
}

/** Where a graph came from. */
interface Origin {
  readonly name: string
  /** The file's text, to save it back laid out the same way. */
  readonly text?: string
  readonly isExample?: boolean
  /** Where in the host's library it is kept. */
  readonly libraryPath?: string
}

/** What a node that is chosen from the list is added for. */
export type Purpose = OpenEnd | { readonly kind: 'link'; readonly link: number }

/** A parameter of a node. */
export interface Setting {
  readonly node: string
  readonly parameter: string
  /**
   * The way to its level.
   * @default the outermost level, which the form is of
   */
  readonly path?: readonly Step[]
}

/** Everything that a person can do with the graph; menus, keys and buttons only call this. */
export class Editor {
  readonly document = new GraphDocument()
  readonly history = new EditHistory(this.document)
  readonly view: GraphView
  readonly runs: RunControl
  readonly commands: Commands
  readonly tabs: Tabs
  readonly #parts: EditorParts
  #types: Catalogue = new Map()
  readonly #finished = new Set<string>()
  readonly #uploads: Uploads
  readonly #batches: Batches

  constructor(parts: EditorParts) {
    this.#parts = parts
    this.#uploads = new Uploads(parts.uploading)
    this.#batches = new Batches(parts.sending)
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
    })
    const { document, history, view } = this
    this.commands = new Commands({
      document,
      history,
      view,
      types: () => this.#types,
      refuse: (reason) => parts.toasts.show('warning', reason),
    })
    this.tabs = new Tabs({
      document,
      history,
      view,
      read: (text) =>
        this.#try(() => {
          this.tabs.active.style = styleOf(text)
          this.#show(readGraphText(text, this.#types))
        }),
      leaving: parts.leaving,
    })
    this.tabs.subscribe(() => {
      this.view.board = this.boardInView
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
    void this.#whenLoaded(() => this.runs.start(this.order()))
  }

  /** Runs only what a node needs, and shows the picture that it gives. */
  async runUpTo(id: string): Promise<void> {
    const node = this.view.runId(id)
    await this.#whenLoaded(() => {
      const { order, shown } = orderUpTo(this.order(), this.document.whole, node, this.#types)
      return this.runs.start({ ...order, upTo: { node, shown } })
    })
  }

  /** A picture that the tab in view is being given belongs to what is run; where it cannot be had, nothing is. */
  async #whenLoaded(run: () => Promise<unknown>): Promise<void> {
    const { id } = this.tabs.active
    this.#parts.toasts.withdraw(runsOf(id))
    if (!(await this.#uploads.loaded(id))) return
    this.tabs.whenShown(id, () => void this.#tryLater(async () => void (await run())))
  }

  /** The pictures that the tab in view is being given. */
  get uploading(): readonly string[] {
    return this.#uploads.of(this.tabs.active.id)
  }

  /** How far the pictures are that are sent to be run one by one. */
  get sending(): Sending | undefined {
    return this.#batches.sending
  }

  /** The workflow in view as the host would run it at a time. @throws where it cannot be run at all */
  order(now: Date = new Date()): Order {
    return { ...orderOf(this.document.whole, this.#types, now), origin: this.tabs.active.id }
  }

  /**
   * One run for each picture, loaded by one node; the graph itself stays as it is.
   * @param loader the first in view where it is left out
   */
  async runEach(files: readonly File[], loader = this.#firstLoader): Promise<void> {
    const pictures = files.filter(isPicture)
    if (loader === undefined) return this.#tellOfNoLoader()
    if (pictures.length === 0) return this.#warn(STRINGS.batch.noPictures)
    await this.#whenLoaded(() => this.#sendEach(pictures, loader))
  }

  /** Runs the graph as it is now with each picture, whatever is done to it while they are sent. */
  async #sendEach(pictures: readonly File[], { node, parameter, path = [] }: Setting): Promise<void> {
    const { host, toasts } = this.#parts
    const { id: origin } = this.tabs.active
    const graph = new GraphDocument()
    graph.open(this.document.whole)
    graph.enter(path)
    const { sent, left } = await this.#batches.send(pictures, async (file, signal) => {
      try {
        const name = inputName(await host.upload(file))
        if (signal.aborted) return 'failed'
        graph.commit(setParam(graph.graph, node, parameter, name))
        const run = await this.runs.start({ ...orderOf(graph.whole, this.#types), origin })
        if (run === undefined) return 'hopeless'
        if (!signal.aborted) return 'sent'
        await this.runs.cancel(run)
        return 'failed'
      } catch (error) {
        toasts.show('error', ...wordsOf(error))
        return isOfOneFile(error) ? 'failed' : 'hopeless'
      }
    })
    const { ended, rest, queued, where } = STRINGS.batch
    const [next] = left
    if (next !== undefined) this.#warn({ message: ended(sent, pictures.length), remedy: rest(next.name, left.length) })
    else if (sent > 0) toasts.show('good', queued(sent), where)
  }

  /** Parameters of the level in view that name a picture to load. */
  get #loaders(): readonly Setting[] {
    const { graph, path } = this.document
    return loadersOf(graph, this.#types).map((loader) => ({ ...loader, path }))
  }

  /** Where a picture goes that falls on nothing of the form. */
  get #firstField(): Setting | undefined {
    const [field] = pictureFields(formOf(this.document.whole, this.#types))
    return field && { node: field.node, parameter: field.parameter.name }
  }

  /** What loads the pictures of a batch that nobody said it of. */
  get #firstLoader(): Setting | undefined {
    if (this.#parts.isForm()) return this.#firstField
    return this.#loaders[0] ?? loadersOf(this.document.whole, this.#types)[0]
  }

  #tellOfNoLoader(): void {
    this.#warn(this.#parts.isForm() ? STRINGS.form.noField : STRINGS.batch.noLoader)
  }

  #warn({ message, remedy }: { readonly message: string; readonly remedy: string }): void {
    this.#parts.toasts.show('warning', message, remedy)
  }

  /** The graph as a file holds it, with the place it is looked at from. */
  workflow(): Record<string, unknown> {
    const workflow = writeWorkflow(this.document.whole, this.#types)
    const now = this.view.outerViewpoint
    const extra = entryOf(workflow.extra) ?? {}
    const isUntouched = JSON.stringify(now) === JSON.stringify(this.tabs.active.openedAt) && extra.ds !== undefined
    return isUntouched ? workflow : { ...workflow, extra: { ...extra, ds: now } }
  }

  /** Opens a graph in a tab of its own; an empty graph or an untouched example makes room for it. */
  open(read: ReadGraph, { text, ...origin }: Origin = { name: 'Untitled' }): void {
    this.tabs.open({ ...origin, ...(text !== undefined && { style: styleOf(text) }) })
    this.#show(read, origin.isExample)
  }

  openText(text: string, origin: Omit<Origin, 'text'> = { name: 'Untitled' }): void {
    this.#try(() => this.open(readGraphText(text, this.#types), origin))
  }

  async openTemplate(name: string): Promise<void> {
    await this.#tryLater(async () => {
      const words = name.replaceAll('-', ' ')
      const title = words.charAt(0).toUpperCase() + words.slice(1)
      this.openText(JSON.stringify(await this.#parts.host.template(name)), { name: title, isExample: true })
    })
  }

  newTab(): void {
    this.tabs.add({ name: 'Untitled' })
    this.#show(readGraphText('{"nodes": [], "links": []}', this.#types))
  }

  saveFile(): void {
    const { name, style } = this.tabs.active
    const file = new Blob([writeText(this.workflow(), style)], { type: 'application/json' })
    download(file, `${name === 'Untitled' ? 'workflow' : name}.json`)
    this.tabs.saving()()
  }

  /**
   * Several pictures are run one by one; one that falls on a node that loads pictures, or on the form, is loaded there and
   * is only ever a picture; else it is taken as `takeFile` does.
   * @param field of the form, that they fell on
   */
  async takeFiles(files: readonly File[], at: Point, field?: Setting): Promise<void> {
    const [first] = files
    const loader = this.#parts.isForm() ? (field ?? this.#firstField) : this.#loaderAt(at)
    if (files.length > 1) await this.runEach(files, loader)
    else if (first !== undefined && loader !== undefined && isPicture(first)) await this.uploadInto(first, loader)
    else if (first !== undefined) await this.takeFile(first, at)
  }

  /** A workflow opens; a picture opens the graph that it carries, else it is loaded as `usePicture` does. */
  async takeFile(file: File, at: Point): Promise<void> {
    const load = this.#loading(at)
    const tab = this.tabs.active.id
    await this.#tryLater(async () => {
      const name = file.name.replace(/\.[a-z0-9]+$/i, '') || 'Untitled'
      if (/\.json$/i.test(file.name) || file.type === 'application/json') {
        const text = await file.text()
        this.open(readGraphText(text, this.#types), { name, text })
        return
      }
      if (!isPicture(file)) return this.#warn(STRINGS.batch.noPictures)
      await this.#uploads.during(tab, file.name, async () => {
        const carried = readGraphPicture(new Uint8Array(await file.arrayBuffer()), this.#types)
        if (carried !== undefined && 'read' in carried) {
          this.open(carried.read, { name })
          return
        }
        if (carried !== undefined) {
          this.#parts.toasts.show('warning', STRINGS.unreadableGraph(file.name), carried.reason)
        }
        load(await this.#parts.host.upload(file))
      })
    })
  }

  /** Uploads a picture and loads it as `usePicture` does. */
  async loadPicture(file: File, at: Point): Promise<void> {
    await this.#upload(file, this.#loading(at))
  }

  /**
   * Loads a picture of the host in the node under `at`, or in the only one that loads any, or in a new one; where the form
   * is, in a field of it.
   * @param field that the picture fell on; the first of a picture where it is left out
   */
  usePicture(file: FileReference, at: Point, field?: Setting): void {
    this.#loading(at, field)(file)
  }

  /** Loads a picture, which may come later, where one goes that is given now. */
  #loading(at: Point, field?: Setting): (file: FileReference) => void {
    if (!this.#parts.isForm()) {
      const here = this.#here()
      return (file) => here(() => this.#loadAt(file, at))
    }
    const setting = field ?? this.#firstField
    if (setting === undefined) return () => this.#tellOfNoLoader()
    const load = this.#loadingInto(setting)
    return (file) => {
      load(file)
      if (field === undefined) void this.#tellOfLoaded(file)
    }
  }

  /** Loads a picture, which may come later, in the tab that is in view now. */
  #loadingInto(setting: Setting): (file: FileReference) => void {
    const { id } = this.tabs.active
    return (file) => this.tabs.whenShown(id, () => this.setParameter(setting, inputName(file)))
  }

  #loadAt(file: FileReference, at: Point): void {
    const name = inputName(file)
    const under = this.#loaderAt(at)
    const loaders = this.#loaders
    const only = loaders.length === 1 ? loaders[0] : undefined
    const loader = under ?? only
    if (loader === undefined) {
      this.#addLoader(name, at)
      return
    }
    const former = this.#loadedBy(loader)
    this.setParameter(loader, name)
    if (under !== undefined) return
    const asNode = { label: STRINGS.loaded.asNode, act: this.#insteadOf(loader, name, former, at) }
    void this.#tellOfLoaded(file, former === name ? undefined : asNode)
  }

  async #tellOfLoaded(file: FileReference, action?: ToastAction): Promise<void> {
    const { toasts, address } = this.#parts
    const { message, unreadable } = STRINGS.loaded
    const answer = await fetch(address.reduced(file)).catch(() => undefined)
    if (answer === undefined || !isUnreadable(answer)) toasts.show('good', message(file.filename), '', { action })
    else toasts.show('warning', unreadable(file.filename), STRINGS.batch.noPictures.remedy, { action })
  }

  /** Gives a node the picture back that it had, whatever was edited since, and loads the other in a node of its own. */
  #insteadOf(loader: Setting, name: string, former: unknown, at: Point): () => void {
    const { id } = this.tabs.active
    const here = this.#here()
    return () => {
      const isThere = this.tabs.all.some((tab) => tab.id === id)
      if (!isThere) return this.#parts.toasts.show('warning', STRINGS.loaded.closed)
      this.tabs.show(id)
      here(() =>
        this.history.together(() => {
          if (this.#loadedBy(loader) === name) this.setParameter(loader, former)
          this.#addLoader(name, at)
        }),
      )
    }
  }

  /** The picture that a node of the level in view loads. */
  #loadedBy({ node, parameter }: Setting): unknown {
    return this.document.graph.nodes.get(node)?.params[parameter]
  }

  /** Changes a parameter; its level comes into view, whatever an undo or another tab has left there. */
  setParameter({ node, parameter, path = [] }: Setting, value: unknown): void {
    this.document.enter(path)
    this.document.commit(setParam(this.document.graph, node, parameter, value))
  }

  /** Uploads a picture into a parameter. */
  async uploadInto(file: File, setting: Setting): Promise<void> {
    await this.#upload(file, this.#loadingInto(setting))
  }

  /** Gives the host a picture for the tab in view. */
  async #upload(file: File, load: (picture: FileReference) => void): Promise<void> {
    const tab = this.tabs.active.id
    await this.#tryLater(() =>
      this.#uploads.during(tab, file.name, async () => load(await this.#parts.host.upload(file))),
    )
  }

  /** The place that is in view now: what it is given is done there, where another tab is in view once that one is left. */
  #here(): (act: () => void) => void {
    const { id } = this.tabs.active
    const { path } = this.document
    return (act) =>
      this.tabs.whenShown(id, () => {
        this.document.enter(path)
        act()
      })
  }

  #addLoader(name: string, at: Point): void {
    const type = this.#types.get('LoadImage')
    if (type === undefined) return
    const made = newNode(this.document.graph, type, at)
    this.history.together(() => {
      this.document.commit([{ kind: 'add-node', node: { ...made, params: { ...made.params, image: name } } }])
      this.document.commit(this.view.sized([made.id]))
    })
    this.view.select([made.id])
  }

  #loaderAt(at: Point): Setting | undefined {
    const under = this.view.nodeAt(at)
    return this.#loaders.find(({ node }) => node === under)
  }

  addNode(type: NodeDescription, at: Point, purpose?: Purpose): void {
    const { document } = this
    if (document.graph.definitions.has(type.id) && !mayHold(document.whole, document.level, type.id)) {
      this.#parts.toasts.show('warning', 'A subgraph cannot hold itself.')
      return
    }
    this.history.together(() => {
      const node = newNode(document.graph, type, [Math.round(at[0]), Math.round(at[1])])
      document.commit([{ kind: 'add-node', node }])
      document.commit(this.view.sized([node.id]))
      this.view.select([node.id])
      if (purpose?.kind === 'link') this.commands.insertOnLink(node.id, purpose.link)
      else if (purpose !== undefined) this.#connectNew(node, purpose)
    })
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
    for (const wish of wishes) {
      const connection = connect(this.document.graph, wish, this.#types)
      if (!connection.ok) continue
      this.document.commit(connection.changes)
      return
    }
  }

  searchNodes(anchor: Anchor, at: Point, purpose?: Purpose): void {
    const { graph } = this.document
    const subgraphs = [...graph.definitions.keys()].flatMap((id) => definitionType(graph, id, this.#types) ?? [])
    const all = [...this.#types.values(), ...VIRTUAL_TYPES.values(), ...subgraphs]
    openNodeSearch(all.filter(this.#fitting(purpose)), anchor, (type) => this.addNode(type, at, purpose))
  }

  /** Which nodes could be linked to an open end, or put into a link. */
  #fitting(purpose: Purpose | undefined): (type: NodeDescription) => boolean {
    const takes = (given: string) => (type: NodeDescription) =>
      type.inputs.some((input) => canConnect(given, input.type)) ||
      (given !== '*' && type.parameters.some(({ kind }) => canConnect(given, kind)))
    const gives = (wanted: string) => (type: NodeDescription) =>
      type.outputs.some((output) => canConnect(output.type, wanted))
    if (purpose === undefined) return () => true
    const { graph } = this.document
    if (purpose.kind === 'from') return takes(flowingType(graph, purpose.node, purpose.output))
    if (purpose.kind === 'to') return gives(purpose.type)
    const link = graph.links.get(purpose.link)
    const target = graph.nodes.get(link?.to ?? '')?.inputs.find(({ name }) => name === link?.input)
    if (link === undefined || target === undefined) return () => false
    const [into, out] = [takes(flowingType(graph, link.from, link.output)), gives(target.type)]
    return (type) => into(type) && out(type)
  }

  titleOf(node: GraphNode): string {
    return titleOf(this.document.graph, node, this.#types)
  }

  /** What copying puts on the clipboard; nothing where nothing is selected. */
  copied(): string | undefined {
    const { graph } = this.document
    const part = partOf(graph, this.view.selected, this.view.selectedGroups)
    if (part.nodes.size === 0 && part.groups.size === 0) return undefined
    // What feeds the copy from outside, for a paste that keeps those links.
    const feeds = [...graph.links.values()]
      .filter(({ from, to }) => part.nodes.has(to) && !part.nodes.has(from))
      .map(({ from, output, to, input }) => [from, output, to, input])
    return JSON.stringify({ ...writeWorkflow(part, this.#types), extra: { feeds } })
  }

  /** @param keepsLinks whether what fed the copied nodes feeds the pasted ones too, where it is here */
  paste(text: string, at: Point, keepsLinks = false): void {
    this.#try(() => {
      const { graph: other } = readGraphText(text, this.#types)
      const { document } = this
      if (!mayTake(document.whole, document.level, other)) {
        this.#parts.toasts.show('warning', 'A subgraph cannot hold itself.')
        return
      }
      this.history.together(() => {
        const { changes, ids, groups } = insertGraph(document.graph, other, [Math.round(at[0]), Math.round(at[1])])
        document.commit(changes)
        if (keepsLinks) this.#feedAgain(other, ids)
        this.view.select(ids, groups)
      })
    })
  }

  /** Puts what the clipboard holds at a point, where the browser lets us read it. */
  async pasteFromClipboard(at: Point): Promise<void> {
    // A page that is not secure has no clipboard.
    const text = await navigator.clipboard?.readText().catch(() => undefined)
    if (text !== undefined) this.paste(text, at)
    else this.#parts.toasts.show('warning', 'The browser did not let us read the clipboard. Press Ctrl+V instead.')
  }

  #feedAgain(other: Graph, made: readonly string[]): void {
    const renamed = new Map([...other.nodes.keys()].map((id, i) => [id, made[i] ?? '']))
    const { feeds } = entryOf(other.source.extra) ?? {}
    for (const feed of Array.isArray(feeds) ? feeds.slice(0, 1000) : []) {
      const [from, output, to, input] = Array.isArray(feed) ? feed : []
      const wish = {
        from: String(from),
        output: Number(output),
        to: renamed.get(String(to)) ?? '',
        input: String(input),
      }
      const connection = connect(this.document.graph, wish, this.#types)
      if (connection.ok) this.document.commit(connection.changes)
    }
  }

  /** Brings a graph into the tab in view. */
  #show({ graph, problems }: ReadGraph, isFitted = false): void {
    this.document.open(graph)
    const known = isFitted ? undefined : viewpointOf(graph)
    if (known !== undefined) this.view.viewpoint = known
    if (known === undefined || !this.view.showsSomething) this.view.fit()
    this.tabs.active.openedAt = this.view.viewpoint
    if (problems.length > 0) {
      const more = problems.length > 3 ? ` And ${problems.length - 3} more.` : ''
      this.#parts.toasts.show('warning', problems.slice(0, 3).join(' ').slice(0, 1000) + more)
    }
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
    return this.sending !== undefined || this.boardInMind.state === 'running'
  }

  /** Stops the run that a person can wait for, and sends no more. */
  cancel(): void {
    this.#batches.stop()
    const { run, state } = this.boardInMind
    if (run !== null && state === 'running') void this.runs.cancel(run)
  }

  /** Takes everything that waits out of the queue, and sends no more. */
  async clearQueue(): Promise<void> {
    this.#batches.stop()
    await this.runs.clearQueue()
  }

  /** When a run has ended well, its comparison is shown, or the picture of the node that it went up to. */
  #followRun(board: RunBoard): void {
    this.view.board = this.boardInView
    this.#parts.followed()
    if (board.state !== 'done' || board.run === null || this.#finished.has(board.run)) return
    const upTo = this.runs.upToOf(board.run)
    this.#finished.add(board.run)
    if (this.boardInView !== board) return
    const result = resultOf(board, upTo, this.document.whole, this.#types)
    if (result !== undefined) this.#parts.viewer.open(result.title, result.files)
  }

  #openPictures(id: string): void {
    const node = this.document.graph.nodes.get(id)
    if (node === undefined) return
    this.#parts.viewer.open(this.titleOf(node), this.view.files(node))
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
          files.length > 1 ? this.runEach(files, setting) : files[0] && this.uploadInto(files[0], setting),
        )
      },
      openPictures: (node) => this.#openPictures(node),
      follow: (address) => void open(address, '_blank', 'noopener,noreferrer'),
      pointAtPicture: (picture) => this.#parts.handle.show(picture),
      openMenu: (target, page, at) => graphMenu(this, target, page, at),
      openLinkMenu: (link, page, at) => linkMenu(this, link, page, at),
      open: ({ node, group }, page) => this.#open(node, group, page),
      addReroute: (link, at) => this.commands.addReroute(link, at),
      insertNode: (node, link) => this.commands.insertOnLink(node, link),
      expose: (end) => this.commands.expose(end),
      beginGesture: () => this.history.begin(),
      endGesture: () => this.history.end(),
      abandonGesture: () => this.history.abandon(),
      addNode: ([x, y], at, end) => this.searchNodes({ x, y }, at, end),
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

/** What messages of the runs of a tab are about; the next run that somebody starts there makes them old. */
function runsOf(tab: string): string {
  return `runs of ${tab}`
}

/** Parameters that name a picture to load, in the order of the graph. */
function loadersOf(graph: Graph, types: Catalogue): readonly Setting[] {
  return [...graph.nodes.values()].flatMap(({ id, type }) => {
    const parameter = uploadParameter(types.get(type))
    return parameter === undefined ? [] : [{ node: id, parameter }]
  })
}

/** Where a file says that it was looked at from. */
function viewpointOf({ source }: Graph): Viewpoint | undefined {
  const { scale, offset } = entryOf(entryOf(source.extra)?.ds) ?? {}
  const [x, y] = Array.isArray(offset) ? offset : []
  const isNear = [x, y].every((value) => typeof value === 'number' && Math.abs(value) < 1e7)
  return typeof scale === 'number' && scale >= 0.02 && scale <= 10 && isNear ? { scale, offset: [x, y] } : undefined
}

/** ComfyUI's name of a picture for LoadImage. */
function inputName({ filename, subfolder, type }: FileReference): string {
  const path = subfolder === '' ? filename : `${subfolder}/${filename}`
  return type === 'input' ? path : `${path} [${type}]`
}
