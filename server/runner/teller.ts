import { RestorationError } from '../../nodes/sdk/error.ts'
import type { NodeWords } from '../protocol/events.ts'
import type { NodeResult } from './cache.ts'
import { isInterruption, toRunError } from './failure.ts'
import type { Reporter } from './reporter.ts'
import { displayOf, type Task } from './task.ts'

/** Why a run did not succeed; without a task where no node is to blame. */
export interface Failure {
  readonly task: Task | undefined
  readonly error: unknown
}

/** What there is to tell of a node's result. */
export type Shown = Pick<NodeResult, 'ui' | 'files' | 'said' | 'inner'>

/** Tells the clients of one run what becomes of its nodes. */
export class Teller {
  readonly #reporter: Reporter
  /** Gets the errors that clients see only in part. */
  readonly #logFault: (error: unknown) => void
  readonly #executed: string[] = []
  /** Nodes whose expansion was told of. */
  readonly #unfolded = new Set<string>()

  constructor(reporter: Reporter, logFault: (error: unknown) => void) {
    this.#reporter = reporter
    this.#logFault = logFault
  }

  /** Which nodes need no work, before anything starts. */
  cached(nodes: readonly string[]): void {
    this.#reporter.emit({ type: 'cached', nodes })
  }

  /** What a node shows that needs no work, if it shows anything, and what it said when it was computed. */
  saved(task: Task, { ui, files, said, inner }: Shown): void {
    this.#repeat(task, said)
    if (ui !== null) this.#reporter.emit({ type: 'node_finished', node: task.planned.id, ui, cached: true })
    this.#tellInner(task, inner)
    showAround(task, { ui, files, inner })
  }

  started({ planned: { id } }: Task): void {
    this.#reporter.emit({ type: 'node_started', node: id })
  }

  /** @param isTwins whether the result is that of an equal node, which was computed for both */
  finished(task: Task, { ui, files, said, inner }: Shown, isTwins: boolean): void {
    const { id } = task.planned
    this.#executed.push(id)
    if (isTwins) this.#repeat(task, said)
    this.#reporter.emit({ type: 'node_finished', node: id, ui, cached: isTwins })
    if (isTwins) this.#tellInner(task, inner)
    // What its own expansion showed was told by the nodes of that.
    showAround(task, isTwins ? { ui, files, inner } : { ui, files })
  }

  said(node: string, words: NodeWords): void {
    this.#reporter.emit({ type: 'node_text', node, ...words })
  }

  blocked(task: Task, message: string): void {
    this.#reporter.emit({
      type: 'node_blocked',
      node: displayOf(task),
      nodeType: task.planned.description.id,
      message,
      executed: [...this.#executed],
    })
  }

  /** A node became a graph of these nodes. */
  expanded(task: Task, nodes: readonly string[]): void {
    const { id } = task.planned
    this.#unfolded.add(id)
    this.#reporter.emit({ type: 'expanded', node: id, display: displayOf(task), nodes })
  }

  /** The end of the run; nothing is told after it. */
  ended(failure: Failure | undefined, isCancelled: boolean): void {
    const task = failure?.task
    const node = task === undefined ? undefined : { id: displayOf(task), planned: task.planned }
    if (isCancelled && (failure === undefined || isInterruption(failure.error))) {
      this.#reporter.end({ type: 'interrupted', node: node?.id ?? null, executed: this.#executed })
    } else if (failure === undefined) this.#reporter.end({ type: 'succeeded' })
    else {
      if (!(failure.error instanceof RestorationError)) this.#logFault(failure.error)
      this.#reporter.end({ type: 'failed', error: toRunError(failure.error, node, this.#executed) })
    }
  }

  #repeat({ planned: { id } }: Task, said: NodeResult['said'] = []): void {
    for (const words of said) this.said(id, words)
  }

  /** What the output nodes of an expansion showed in an earlier run, once. */
  #tellInner(task: Task, inner: NodeResult['inner']): void {
    const { id } = task.planned
    if (inner === undefined || this.#unfolded.has(id)) return
    this.expanded(
      task,
      inner.map(({ suffix }) => id + suffix),
    )
    for (const { suffix, ui } of inner) {
      this.#reporter.emit({ type: 'node_finished', node: id + suffix, ui, cached: true })
    }
  }
}

/** What a node inside of an expansion shows, and what its own expansion showed before, belongs to all around it. */
function showAround({ planned, place }: Task, { ui, files, inner = [] }: Shown): void {
  const shown = ui === null ? inner : [{ suffix: '', ui, files }, ...inner]
  for (let outer = place?.parent; outer !== undefined; outer = outer.place?.parent) {
    const own = planned.id.slice(outer.planned.id.length)
    for (const { suffix, ...rest } of shown) outer.inner.push({ suffix: own + suffix, ...rest })
  }
}
