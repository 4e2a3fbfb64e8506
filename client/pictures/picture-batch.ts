import type { Catalogue } from '../../server/graph/catalogue.ts'
import { randomId } from '../browser/random-id.ts'
import { GraphDocument } from '../document/document.ts'
import { setParam } from '../document/edits.ts'
import { setTools } from '../document/set-tools.ts'
import type { Setting } from '../editing/setting.ts'
import { inputName } from '../host/address.ts'
import { Batches, isOfOneFile, type Outcome, type Sending } from '../host/batches.ts'
import { type Host, HostError, isUnanswered } from '../host/host.ts'
import { type Order, orderOf } from '../host/order.ts'
import type { RunControl } from '../host/run-control.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'

interface BatchParts {
  readonly document: Pick<GraphDocument, 'whole' | 'version'>
  readonly types: () => Catalogue
  readonly host: Pick<Host, 'upload' | 'run' | 'back' | 'failedAmong'>
  readonly runs: Pick<RunControl, 'send' | 'cancel'>
  readonly telling: Telling
  /** A batch has come further. */
  readonly sending: () => void
  /** Gives the person what runs have saved. */
  readonly zip: (runs: readonly string[]) => Promise<void>
}

interface SentPicture {
  readonly run: string
  readonly name: string
}

/** As often a request for one picture is made: what lies between may cut off each, while the host is there. */
const MOST_TRIES = 4

/** Runs the graph in view with one picture after another. */
export class PictureBatch {
  readonly #parts: BatchParts
  readonly #batches: Batches
  /** What was sent to be run, and is not known to be over. */
  #sent: SentPicture[] = []
  /** Whether the host has been at work since the last was sent. */
  #isUnderWay = false

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

  /** Once the host has nothing left to do, all results of what was sent are there. @param queued runs that go on and wait */
  follow(queued: number): void {
    if (queued > 0) this.#isUnderWay = true
    if (queued > 0 || !this.#isUnderWay || this.sending !== undefined) return
    const sent = this.#sent
    this.#sent = []
    this.#isUnderWay = false
    if (sent.length > 1) void this.#parts.telling.tryLater(() => this.#tellOfEnd(sent))
  }

  /** What became of all that was sent, with what there is of it as one ZIP. */
  async #tellOfEnd(sent: readonly SentPicture[]): Promise<void> {
    const { host, telling, zip } = this.#parts
    const { over, overBut, there, rest, why } = STRINGS.batch
    const runs = sent.map(({ run }) => run)
    const failed = await host.failedAmong(runs)
    const first = sent.find(({ run }) => failed.has(run))
    const action = { label: STRINGS.zip.all, act: () => void zip(runs).catch(telling.failed) }
    const more = { stays: true, ...(failed.size < runs.length && { action }) }
    if (first === undefined) telling.toasts.show('good', over(runs.length), there, more)
    else {
      const words = `${rest(first.name, failed.size)} ${why}`
      telling.toasts.show('warning', overBut(runs.length - failed.size, runs.length), words, more)
    }
  }

  /**
   * Runs the graph as it is now with each picture, whatever is done to it while they are sent.
   * @param origin the tab that it is in
   */
  async send(pictures: readonly File[], { node, parameter, path = [] }: Setting, origin: string): Promise<void> {
    const { document, types } = this.#parts
    const { whole, version } = document
    const graph = new GraphDocument()
    graph.open(whole)
    graph.enter(path)
    const alike = setTools(graph.whole, types()).map(({ title }) => title)
    await this.#sendEach(pictures, alike, (name) => {
      graph.commit(setParam(graph.graph, node, parameter, name))
      return { ...orderOf(graph.whole, types()), origin, version }
    })
  }

  /** What is left, for whatever reason, can be sent later. @param alike the nodes that are set to cut or turn each picture */
  async #sendEach(
    pictures: readonly File[],
    alike: readonly string[],
    orderOfPicture: (name: string) => Order,
  ): Promise<void> {
    const { toasts } = this.#parts.telling
    const { sent, left, isStopped } = await this.#batches.send(pictures, (file, signal) =>
      this.#sendOne(file, orderOfPicture, signal),
    )
    const { alike: alikeWords, ended, rest, sendRest, queued, where } = STRINGS.batch
    const [next] = left
    if (next !== undefined) {
      const action = { label: sendRest, act: () => void this.#sendEach(left, alike, orderOfPicture) }
      toasts.show(isStopped ? 'warning' : 'error', ended(sent, pictures.length), rest(next.name, left.length), {
        action,
      })
    } else if (sent > 0) toasts.show('good', queued(sent), alike.length === 0 ? where : `${where} ${alikeWords(alike)}`)
  }

  async #sendOne(file: File, orderOfPicture: (name: string) => Order, signal: AbortSignal): Promise<Outcome> {
    const { host, runs, telling } = this.#parts
    try {
      const picture = await this.#patiently(file, signal, () => host.upload(file))
      if (signal.aborted) return 'failed'
      const run = await this.#start(file, { ...orderOfPicture(inputName(picture)), id: randomId() }, signal)
      if (run === undefined) return 'hopeless'
      if (!signal.aborted) {
        this.#sent.push({ run, name: file.name })
        this.#isUnderWay = false
        return 'sent'
      }
      await runs.cancel(run)
      return 'failed'
    } catch (error) {
      if (signal.aborted) return 'failed'
      telling.failed(error)
      // What was cut off each time while the host was there is too large, perhaps; smaller ones may pass.
      return isOfOneFile(error) || isUnanswered(error) ? 'failed' : 'hopeless'
    }
  }

  /** A host that did not answer may have taken the run all the same. */
  async #start(file: File, order: Order & { readonly id: string }, signal: AbortSignal): Promise<string | undefined> {
    const { host, runs } = this.#parts
    let isSent = false
    return this.#patiently(file, signal, async () => {
      if (isSent && (await host.run(order.id)) !== undefined) return order.id
      isSent = true
      return runs.send(order)
    })
  }

  /** Tries again once the host answers again, however long it is away. @throws HostError of the file where that does not help */
  async #patiently<T>({ name }: File, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await act()
      } catch (error) {
        if (!isUnanswered(error)) throw error
        const { message, remedy } = STRINGS.batch.cutOff
        if (tries === MOST_TRIES) throw new HostError(0, message(name, tries), { remedy, cause: error })
        await this.#parts.host.back(signal)
      }
    }
  }
}
