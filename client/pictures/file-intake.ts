import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { Point } from '../document/graph.ts'
import { readGraphPicture, readGraphText } from '../document/read-file.ts'
import type { Setting } from '../editing/setting.ts'
import type { Host } from '../host/host.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'
import type { Tabs } from '../workflows/tabs.ts'
import type { WorkflowFiles } from '../workflows/workflow-files.ts'
import type { PictureBatch } from './picture-batch.ts'
import { isPicture } from './picture-files.ts'
import type { PictureLoaders } from './picture-loaders.ts'
import type { PictureLoading } from './picture-loading.ts'

interface IntakeParts {
  readonly tabs: Tabs
  readonly types: () => Catalogue
  readonly host: Host
  readonly files: WorkflowFiles
  readonly loaders: PictureLoaders
  readonly loading: PictureLoading
  readonly batch: PictureBatch
  readonly telling: Telling
  /** Whether the form is in the place of the graph. */
  readonly isForm: () => boolean
}

/** What becomes of files that a person gives the page: a workflow opens, a picture is loaded, several are run. */
export class FileIntake {
  readonly #parts: IntakeParts

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /**
   * Several pictures are run one by one; one that falls on a node that loads pictures, or on the form, is loaded there and
   * is only ever a picture; else it is taken as `takeFile` does.
   * @param field of the form, that they fell on
   */
  async takeFiles(files: readonly File[], at: Point, field?: Setting): Promise<void> {
    const { loaders, loading, isForm } = this.#parts
    const [first] = files
    const loader = isForm() ? (field ?? loaders.firstField) : loaders.at(at)
    if (files.length > 1) await this.runEach(files, loader)
    else if (first !== undefined && loader !== undefined && isPicture(first)) await loading.uploadInto(first, loader)
    else if (first !== undefined) await this.takeFile(first, at)
  }

  /** A workflow opens; a picture opens the graph that it carries, else it is loaded where it falls. */
  async takeFile(file: File, at: Point): Promise<void> {
    const { files, telling } = this.#parts
    const name = file.name.replace(/\.[a-z0-9]+$/i, '') || 'Untitled'
    if (/\.json$/i.test(file.name) || file.type === 'application/json') {
      await telling.tryLater(async () => {
        const text = await file.text()
        files.open(readGraphText(text, this.#parts.types()), { name, text })
      })
    } else if (isPicture(file)) await this.#takePicture(file, name, at)
    else telling.warn({ ...STRINGS.batch.noPictures, message: STRINGS.batch.noPicture(file.name) })
  }

  async #takePicture(file: File, name: string, at: Point): Promise<void> {
    const { tabs, types, host, files, loading, telling } = this.#parts
    const load = loading.placeFor(at)
    await loading.during(file.name, async () => {
      const carried = readGraphPicture(new Uint8Array(await file.arrayBuffer()), types())
      if (carried !== undefined && 'read' in carried) {
        const former = tabs.active.id
        files.open(carried.read, { name })
        this.#offerPicture(file, at, former, tabs.active.id)
        return
      }
      if (carried !== undefined) {
        telling.warn({ message: STRINGS.unreadableGraph(file.name), remedy: carried.reason })
      }
      load(await host.upload(file))
    })
  }

  /** The graph of a picture is open; whoever meant the picture gets it with one press. */
  #offerPicture(file: File, at: Point, former: string, opened: string): void {
    const { host, loading, tabs, telling } = this.#parts
    const { message, asPicture } = STRINGS.opened
    const act = () => {
      const tab = tabs.all.find(({ id }) => id === opened)
      // Where the graph took the place of another, the picture goes into it.
      const isBack = tabs.all.some(({ id }) => id === former)
      if (isBack && tab?.isChanged === false) tabs.close(opened)
      tabs.show(isBack ? former : opened)
      const load = loading.placeFor(at)
      void loading.during(file.name, async () => load(await host.upload(file)))
    }
    telling.toasts.show('good', message(file.name), '', { action: { label: asPicture, act } })
  }

  /**
   * One run for each picture, loaded by one node; the graph itself stays as it is.
   * @param loader the first in view where it is left out
   */
  async runEach(files: readonly File[], loader = this.#parts.loaders.first): Promise<void> {
    const { tabs, loaders, loading, batch, telling } = this.#parts
    const pictures = files.filter(isPicture)
    if (loader === undefined) return telling.warn(loaders.whyNone)
    if (pictures.length === 0) return telling.warn(STRINGS.batch.noPictures)
    await loading.whenLoaded(() => batch.send(pictures, loader, tabs.active.id))
  }
}
