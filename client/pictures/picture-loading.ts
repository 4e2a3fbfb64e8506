import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphView } from '../canvas/graph-view.ts'
import type { GraphDocument } from '../document/document.ts'
import { newNode } from '../document/edits.ts'
import type { Point } from '../document/graph.ts'
import type { EditHistory } from '../document/history.ts'
import { type Setting, setParameter } from '../editing/setting.ts'
import { type Address, type FileReference, inputName } from '../host/address.ts'
import type { Host } from '../host/host.ts'
import { isUnreadable } from '../host/pictures.ts'
import { Uploads } from '../host/uploads.ts'
import type { ToastAction } from '../panels/toasts.ts'
import { STRINGS } from '../strings.ts'
import { runsOf, type Telling } from '../telling.ts'
import type { Tabs } from '../workflows/tabs.ts'
import type { PictureLoaders } from './picture-loaders.ts'

interface LoadingParts {
  readonly document: GraphDocument
  readonly history: EditHistory
  readonly view: Pick<GraphView, 'sized' | 'select'>
  readonly tabs: Tabs
  readonly types: () => Catalogue
  readonly loaders: PictureLoaders
  readonly host: Host
  readonly address: Address
  readonly telling: Telling
  /** A picture is on its way to the host, or no more. */
  readonly uploading: () => void
  /** Whether the form is in the place of the graph. */
  readonly isForm: () => boolean
}

/** Gives pictures to the host and to the nodes that load them, each where a person wanted it, whatever is in view by then. */
export class PictureLoading {
  readonly #parts: LoadingParts
  readonly #uploads: Uploads

  constructor(parts: LoadingParts) {
    this.#parts = parts
    this.#uploads = new Uploads(parts.uploading)
  }

  /** The pictures that the tab in view is being given. */
  get uploading(): readonly string[] {
    return this.#uploads.of(this.#parts.tabs.active.id)
  }

  /** A picture that the tab in view is being given belongs to what is run; where it cannot be had, nothing is. */
  async whenLoaded(run: () => Promise<unknown>): Promise<void> {
    const { tabs, telling } = this.#parts
    const { id } = tabs.active
    telling.toasts.withdraw(runsOf(id))
    if (!(await this.#uploads.loaded(id))) return
    tabs.whenShown(id, () => void telling.tryLater(async () => void (await run())))
  }

  /** Uploads a picture and loads it as `usePicture` does. */
  async loadPicture(file: File, at: Point): Promise<void> {
    await this.#upload(file, this.placeFor(at))
  }

  /**
   * Loads a picture of the host in the node under `at`, or in the only one that loads any, or in a new one; where the form
   * is, in a field of it.
   * @param field that the picture fell on; the first of a picture where it is left out
   */
  usePicture(file: FileReference, at: Point, field?: Setting): void {
    this.placeFor(at, field)(file)
  }

  /** Where a picture goes that is given now, though it may come later. @returns what loads it there */
  placeFor(at: Point, field?: Setting): (file: FileReference) => void {
    const { loaders, telling, isForm } = this.#parts
    if (!isForm()) {
      const here = this.#here()
      return (file) => here(() => this.#loadAt(file, at))
    }
    const setting = field ?? loaders.firstField
    if (setting === undefined) return () => telling.warn(loaders.whyNone)
    const load = this.#loadingInto(setting)
    return (file) => {
      load(file)
      if (field === undefined) void this.#tellOfLoaded(file)
    }
  }

  /** Loads a picture, which may come later, in the tab that is in view now. */
  #loadingInto(setting: Setting): (file: FileReference) => void {
    const { tabs, document } = this.#parts
    const { id } = tabs.active
    return (file) => tabs.whenShown(id, () => setParameter(document, setting, inputName(file)))
  }

  #loadAt(file: FileReference, at: Point): void {
    const { document, loaders } = this.#parts
    const name = inputName(file)
    const under = loaders.at(at)
    const only = loaders.all.length === 1 ? loaders.all[0] : undefined
    const loader = under ?? only
    if (loader === undefined) {
      this.#addLoader(name, at)
      return
    }
    const former = this.#loadedBy(loader)
    setParameter(document, loader, name)
    if (under !== undefined) return
    const asNode = { label: STRINGS.loaded.asNode, act: this.#insteadOf(loader, name, former, at) }
    void this.#tellOfLoaded(file, former === name ? undefined : asNode)
  }

  async #tellOfLoaded(file: FileReference, action?: ToastAction): Promise<void> {
    const { telling, address } = this.#parts
    const { message, unreadable } = STRINGS.loaded
    const answer = await fetch(address.reduced(file)).catch(() => undefined)
    const { toasts } = telling
    if (answer === undefined || !isUnreadable(answer)) toasts.show('good', message(file.filename), '', { action })
    else toasts.show('warning', unreadable(file.filename), STRINGS.batch.noPictures.remedy, { action })
  }

  /** Gives a node the picture back that it had, whatever was edited since, and loads the other in a node of its own. */
  #insteadOf(loader: Setting, name: string, former: unknown, at: Point): () => void {
    const { document, history, tabs, telling } = this.#parts
    const { id } = tabs.active
    const here = this.#here()
    return () => {
      const isThere = tabs.all.some((tab) => tab.id === id)
      if (!isThere) return telling.toasts.show('warning', STRINGS.loaded.closed)
      tabs.show(id)
      here(() =>
        history.together(() => {
          if (this.#loadedBy(loader) === name) setParameter(document, loader, former)
          this.#addLoader(name, at)
        }),
      )
    }
  }

  /** The picture that a node of the level in view loads. */
  #loadedBy({ node, parameter }: Setting): unknown {
    return this.#parts.document.graph.nodes.get(node)?.params[parameter]
  }

  /** Uploads a picture into a parameter. */
  async uploadInto(file: File, setting: Setting): Promise<void> {
    await this.#upload(file, this.#loadingInto(setting))
  }

  /** Gives the host a picture for the tab in view. */
  async #upload(file: File, load: (picture: FileReference) => void): Promise<void> {
    await this.during(file.name, async () => load(await this.#parts.host.upload(file)))
  }

  /** Counts a picture as on its way to the tab in view until it is loaded; says why where it could not be. */
  async during(name: string, load: () => Promise<void>): Promise<void> {
    const { tabs, telling } = this.#parts
    const { id } = tabs.active
    await telling.tryLater(() => this.#uploads.during(id, name, load))
  }

  /** The place that is in view now: what it is given is done there, where another tab is in view once that one is left. */
  #here(): (act: () => void) => void {
    const { document, tabs } = this.#parts
    const { id } = tabs.active
    const { path } = document
    return (act) =>
      tabs.whenShown(id, () => {
        document.enter(path)
        act()
      })
  }

  #addLoader(name: string, at: Point): void {
    const { document, history, view, types } = this.#parts
    const type = types().get('LoadImage')
    if (type === undefined) return
    const made = newNode(document.graph, type, at)
    history.together(() => {
      document.commit([{ kind: 'add-node', node: { ...made, params: { ...made.params, image: name } } }])
      document.commit(view.sized([made.id]))
    })
    view.select([made.id])
  }
}
