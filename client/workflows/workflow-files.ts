import type { Catalogue } from '../../server/graph/catalogue.ts'
import { entryOf } from '../../server/graph/entry.ts'
import { download } from '../browser/snapshot.ts'
import type { GraphView, Viewpoint } from '../canvas/graph-view.ts'
import type { GraphDocument } from '../document/document.ts'
import type { Graph } from '../document/graph.ts'
import { readGraphText, styleOf, writeText } from '../document/read-file.ts'
import type { ReadGraph } from '../document/read-workflow.ts'
import { writeWorkflow } from '../document/write-workflow.ts'
import type { Host } from '../host/host.ts'
import type { Telling } from '../telling.ts'
import type { Tabs } from './tabs.ts'

/** Where a graph came from. */
interface Origin {
  readonly name: string
  /** The file's text, to save it back laid out the same way. */
  readonly text?: string
  readonly isExample?: boolean
  /** Where in the host's library it is kept. */
  readonly libraryPath?: string
}

interface FileParts {
  readonly document: GraphDocument
  readonly view: Pick<GraphView, 'viewpoint' | 'outerViewpoint' | 'showsSomething' | 'fit'>
  readonly tabs: Tabs
  readonly types: () => Catalogue
  readonly host: Pick<Host, 'template'>
  readonly telling: Telling
}

/** Graphs come out of files and templates into tabs, and go back into files. */
export class WorkflowFiles {
  readonly #parts: FileParts

  constructor(parts: FileParts) {
    this.#parts = parts
  }

  /** The graph as a file holds it, with the place it is looked at from. */
  workflow(): Record<string, unknown> {
    const { document, view, tabs, types } = this.#parts
    const workflow = writeWorkflow(document.whole, types())
    const now = view.outerViewpoint
    const extra = entryOf(workflow.extra) ?? {}
    const isUntouched = JSON.stringify(now) === JSON.stringify(tabs.active.openedAt) && extra.ds !== undefined
    return isUntouched ? workflow : { ...workflow, extra: { ...extra, ds: now } }
  }

  /** Opens a graph in a tab of its own; an empty graph or an untouched example makes room for it. */
  open(read: ReadGraph, { text, ...origin }: Origin = { name: 'Untitled' }): void {
    this.#parts.tabs.open({ ...origin, ...(text !== undefined && { style: styleOf(text) }) })
    this.show(read, origin.isExample)
  }

  openText(text: string, origin: Omit<Origin, 'text'> = { name: 'Untitled' }): void {
    this.#parts.telling.try(() => this.open(readGraphText(text, this.#parts.types()), origin))
  }

  async openTemplate(name: string): Promise<void> {
    await this.#parts.telling.tryLater(async () => {
      const words = name.replaceAll('-', ' ')
      const title = words.charAt(0).toUpperCase() + words.slice(1)
      this.openText(JSON.stringify(await this.#parts.host.template(name)), { name: title, isExample: true })
    })
  }

  newTab(): void {
    this.#parts.tabs.add({ name: 'Untitled' })
    this.show(readGraphText('{"nodes": [], "links": []}', this.#parts.types()))
  }

  saveFile(): void {
    const { tabs } = this.#parts
    const { name, style } = tabs.active
    const file = new Blob([writeText(this.workflow(), style)], { type: 'application/json' })
    download(file, `${name === 'Untitled' ? 'workflow' : name}.json`)
    tabs.saving()()
  }

  /** Brings a graph into the tab in view. */
  show({ graph, problems }: ReadGraph, isFitted = false): void {
    const { document, view, tabs, telling } = this.#parts
    document.open(graph)
    const known = isFitted ? undefined : viewpointOf(graph)
    if (known !== undefined) view.viewpoint = known
    if (known === undefined || !view.showsSomething) view.fit()
    tabs.active.openedAt = view.viewpoint
    if (problems.length > 0) {
      const more = problems.length > 3 ? ` And ${problems.length - 3} more.` : ''
      telling.toasts.show('warning', problems.slice(0, 3).join(' ').slice(0, 1000) + more)
    }
  }
}

/** Where a file says that it was looked at from. */
function viewpointOf({ source }: Graph): Viewpoint | undefined {
  const { scale, offset } = entryOf(entryOf(source.extra)?.ds) ?? {}
  const [x, y] = Array.isArray(offset) ? offset : []
  const isNear = [x, y].every((value) => typeof value === 'number' && Math.abs(value) < 1e7)
  return typeof scale === 'number' && scale >= 0.02 && scale <= 10 && isNear ? { scale, offset: [x, y] } : undefined
}
