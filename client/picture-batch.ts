import type { Catalogue } from '../server/graph/catalogue.ts'
import { GraphDocument } from './document/document.ts'
import { setParam } from './document/edits.ts'
import { inputName } from './host/address.ts'
import { Batches, isOfOneFile, type Sending } from './host/batches.ts'
import type { Host } from './host/host.ts'
import { orderOf, type RunControl } from './host/run-control.ts'
import type { Setting } from './setting.ts'
import { STRINGS } from './strings.ts'
import type { Telling } from './telling.ts'

interface BatchParts {
  readonly document: GraphDocument
  readonly types: () => Catalogue
  readonly host: Host
  readonly runs: RunControl
  readonly telling: Telling
  /** A batch has come further. */
  readonly sending: () => void
}

/** Runs the graph in view with one picture after another. */
export class PictureBatch {
  readonly #parts: BatchParts
  readonly #batches: Batches

  constructor(parts: BatchParts) {
    this.#parts = parts
    this.#batches = new Batches(parts.sending)
  }

  /** How far the pictures are that are sent to be run one by one. */
  get sending(): Sending | undefined {
    return this.#batches.sending
  }

  /** Sends no more. */
  stop(): void {
    this.#batches.stop()
  }

  /**
   * Runs the graph as it is now with each picture, whatever is done to it while they are sent.
   * @param origin the tab that it is in
   */
  async send(pictures: readonly File[], { node, parameter, path = [] }: Setting, origin: string): Promise<void> {
    const { document, types, host, runs, telling } = this.#parts
    const graph = new GraphDocument()
    graph.open(document.whole)
    graph.enter(path)
    const { sent, left } = await this.#batches.send(pictures, async (file, signal) => {
      try {
        const name = inputName(await host.upload(file))
        if (signal.aborted) return 'failed'
        graph.commit(setParam(graph.graph, node, parameter, name))
        const run = await runs.start({ ...orderOf(graph.whole, types()), origin })
        if (run === undefined) return 'hopeless'
        if (!signal.aborted) return 'sent'
        await runs.cancel(run)
        return 'failed'
      } catch (error) {
        telling.failed(error)
        return isOfOneFile(error) ? 'failed' : 'hopeless'
      }
    })
    const { ended, rest, queued, where } = STRINGS.batch
    const [next] = left
    if (next !== undefined) {
      telling.warn({ message: ended(sent, pictures.length), remedy: rest(next.name, left.length) })
    } else if (sent > 0) telling.toasts.show('good', queued(sent), where)
  }
}
