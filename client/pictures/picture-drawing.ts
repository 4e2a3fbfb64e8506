import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphDocument } from '../document/document.ts'
import { setParams } from '../document/edits.ts'
import { linkInto } from '../document/graph.ts'
import { fieldLabel } from '../document/parameters.ts'
import { fedParameters, toolParameters, untouchedValues } from '../document/picture-tools.ts'
import { type RunNode, runNode } from '../document/run-nodes.ts'
import { titleOf } from '../document/virtual-types.ts'
import { inputPicture } from '../host/input-picture.ts'
import type { Order, UpTo } from '../host/order.ts'
import { orderBefore } from '../host/partial-run.ts'
import type { RunControl } from '../host/run-control.ts'
import type { LateViewer } from '../panels/late-viewer.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'
import type { Tabs } from '../workflows/tabs.ts'
import type { PictureLoading } from './picture-loading.ts'

interface DrawingParts {
  readonly document: GraphDocument
  readonly tabs: Pick<Tabs, 'active' | 'whenShown'>
  readonly types: () => Catalogue
  readonly runs: Pick<RunControl, 'boardOf' | 'start'>
  readonly loading: Pick<PictureLoading, 'whenLoaded'>
  readonly viewer: Pick<LateViewer, 'draw'>
  readonly telling: Telling
  /** The workflow in view as the host would run it. */
  readonly order: () => Order
}

const WORDS = STRINGS.drawing

/** Sets parameters of nodes on the picture that goes into them, as the tools of their types say. */
export class PictureDrawing {
  readonly #parts: DrawingParts
  /** A run that makes the picture of a node, which is opened when it has ended. */
  #awaited: { readonly upTo: UpTo; readonly node: string } | undefined

  constructor(parts: DrawingParts) {
    this.#parts = parts
  }

  /**
   * Opens the picture that goes into a node of the workflow in view; says why where it cannot be.
   * @param id what a run calls the node
   */
  open(id: string): void {
    this.#parts.telling.try(() => this.#open(id))
  }

  /** Sets a node so that it leaves every picture as it is. @param id what a run calls the node */
  reset(id: string): void {
    const { document, types } = this.#parts
    const found = runNode(document.whole, id)
    const { tool, parameters } = (found && types().get(found.node.type)) ?? {}
    if (found !== undefined && tool !== undefined) this.#accept(found, untouchedValues(tool, parameters ?? []))
  }

  /** A run has ended well. @returns whether it was only run for the picture of a node, which is open now */
  follow(upTo: UpTo | undefined): boolean {
    const awaited = this.#awaited
    if (awaited === undefined || awaited.upTo !== upTo) return false
    this.#awaited = undefined
    this.open(awaited.node)
    return true
  }

  #open(id: string): void {
    const { document, tabs, types, runs, viewer, telling, order } = this.#parts
    const found = runNode(document.whole, id)
    const type = found && types().get(found.node.type)
    const tool = type?.tool
    if (found === undefined || type === undefined || tool === undefined) return
    const title = titleOf(found.level, found.node, types())
    const [fed] = fedParameters(found.level, found.node.id, tool)
    if (fed !== undefined) {
      telling.toasts.show('warning', WORDS.fed.message(fieldLabel(fed), title), WORDS.fed.remedy)
      return
    }
    if (linkInto(found.level, found.node.id, tool.on) === undefined) {
      telling.toasts.show('warning', WORDS.nothing(title), WORDS.connect)
      return
    }
    const tab = tabs.active.id
    const picture = inputPicture(order().prompt, id, tool.on, types(), runs.boardOf(tab))
    const renew = () => void this.#runBefore(id, tool.on)
    if (picture === undefined) {
      const { message, remedy } = WORDS.unknown
      telling.toasts.show('warning', message(title), remedy, { action: { label: WORDS.run, act: renew } })
      return
    }
    const { params } = found.node
    const names = toolParameters(tool)
    const parameters = new Map(
      type.parameters.flatMap((one) => (names.includes(one.name) ? [[one.name, one as NumberParameter]] : [])),
    )
    viewer.draw({
      title,
      picture: picture.file,
      tool,
      parameters,
      values: new Map([...parameters.values()].map((one) => [one.name, numberOf(params[one.name], one)])),
      accept: (values) => tabs.whenShown(tab, () => this.#accept(found, values)),
      ...(picture.isOfRun && { renew }),
    })
  }

  /** Whatever level is in view by then. */
  #accept({ path, node }: RunNode, values: Readonly<Record<string, number>>): void {
    const { document, telling } = this.#parts
    document.enter(path)
    if (document.graph.nodes.has(node.id)) document.commit(setParams(document.graph, node.id, values))
    else telling.toasts.show('warning', STRINGS.blamed.gone)
  }

  /** Runs only what the picture needs. */
  async #runBefore(node: string, input: string): Promise<void> {
    const { document, types, runs, loading, order } = this.#parts
    await loading.whenLoaded(() => {
      const before = orderBefore(order(), document.whole, node, input, types())
      const upTo = { node, shown: before.shown }
      this.#awaited = { upTo, node }
      return runs.start({ ...before.order, upTo })
    })
  }
}

function numberOf(value: unknown, parameter: NumberParameter): number {
  const number = Number(value ?? parameter.default)
  return Number.isFinite(number) ? number : parameter.default
}
