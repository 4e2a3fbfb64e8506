import { setImmediate } from 'node:timers/promises'
import type { RunContext } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { AnyNode } from '../../nodes/sdk/node.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import { type Plan, type PlannedNode, planRun } from '../graph/plan.ts'
import { signatures } from '../graph/signature.ts'
import type { RunEvent } from '../protocol/events.ts'
import type { NodeResult, ResultCache } from './cache.ts'
import { callNode, parseParameters } from './call-node.ts'
import { isInterruption, toRunError } from './failure.ts'
import type { InputLists } from './map-lists.ts'
import type { RunRequest } from './messages.ts'
import { Reporter } from './reporter.ts'

export interface ExecutorOptions {
  readonly nodes: ReadonlyMap<string, AnyNode>
  readonly catalogue: Catalogue
  readonly cache: ResultCache
  /** Everything that a node gets from the host, for one node of one run. */
  readonly contextOf: (run: RunRequest, nodeId: string, signal: AbortSignal, reporter: Reporter) => RunContext
  /** Gets the errors that clients see only in part: faults of nodes, with their stack. */
  readonly logFault: (error: unknown) => void
}

/** Branches that run at the same time. */
const CONCURRENCY = 4
/** How long nodes may follow each other before messages such as a cancellation are read, in ms. */
const BREATH = 15

/** Executes a graph and reports every step; never throws, the last event says how it ended. */
export async function execute(
  run: RunRequest,
  options: ExecutorOptions,
  cancel: AbortSignal,
  send: (event: RunEvent) => void,
): Promise<void> {
  const reporter = new Reporter(run.id, send)
  reporter.emit({ type: 'started' })
  await new Execution(run, options, cancel, reporter).run()
}

class Execution {
  readonly #run: RunRequest
  readonly #options: ExecutorOptions
  readonly #reporter: Reporter
  readonly #cancel: AbortSignal
  /** Aborted by a cancellation, and by the failure of another branch. */
  readonly #stop = new AbortController()
  readonly #executed: string[] = []
  readonly #results = new Map<string, NodeResult>()
  /** Work by signature, so that equal nodes are computed once. */
  readonly #shared = new Map<string, Promise<NodeResult>>()
  #failure: { readonly node: PlannedNode | undefined; readonly error: unknown } | undefined

  constructor(run: RunRequest, options: ExecutorOptions, cancel: AbortSignal, reporter: Reporter) {
    this.#run = run
    this.#options = options
    this.#cancel = cancel
    this.#reporter = reporter
  }

  async run(): Promise<void> {
    const abort = () => this.#stop.abort()
    this.#cancel.addEventListener('abort', abort, { once: true })
    if (this.#cancel.aborted) abort()
    try {
      const plan = planRun(this.#run.prompt, this.#run.outputs, this.#options.catalogue)
      const signed = signatures(plan, await this.#fingerprints(plan))
      const waiting = this.#settleCached(plan, signed)
      await this.#schedule(plan, signed, waiting)
    } catch (error) {
      this.#failure ??= { node: undefined, error }
    } finally {
      this.#cancel.removeEventListener('abort', abort)
    }
    this.#end()
  }

  #end(): void {
    const failure = this.#failure
    if (this.#cancel.aborted && (failure === undefined || isInterruption(failure.error))) {
      const node = failure?.node?.id ?? null
      this.#reporter.end({ type: 'interrupted', node, executed: this.#executed })
    } else if (failure === undefined) this.#reporter.end({ type: 'succeeded' })
    else {
      if (!(failure.error instanceof RestorationError)) this.#options.logFault(failure.error)
      this.#reporter.end({ type: 'failed', error: toRunError(failure.error, failure.node, this.#executed) })
    }
  }

  async #fingerprints(plan: Plan): Promise<ReadonlyMap<string, string>> {
    const prints = new Map<string, string>()
    for (const planned of plan.nodes.values()) {
      const print = await this.#fingerprint(planned)
      if (print !== undefined) prints.set(planned.id, print)
    }
    return prints
  }

  /**
   * What a node depends on besides the graph. One that cannot tell is computed in every run: its file is gone, or the
   * file's name comes by a link and is not known yet.
   */
  async #fingerprint(planned: PlannedNode): Promise<string | undefined> {
    const node = this.#nodeOf(planned)
    if (node.fingerprint === undefined) return undefined
    const unknown = `unknown ${this.#run.id}`
    if (Object.keys(node.parameters.shape).some((name) => Object.hasOwn(planned.links, name))) return unknown
    try {
      return await node.fingerprint(parseParameters(node, planned.values), this.#contextOf(planned.id))
    } catch {
      return unknown
    }
  }

  /**
   * Takes over what the cache has and returns the nodes that still have to run: those that an output needs, looking
   * upstream only through nodes that are not cached.
   */
  #settleCached(plan: Plan, signed: ReadonlyMap<string, string>): ReadonlySet<string> {
    const needed = new Set<string>()
    const cached: string[] = []
    const stack = [...this.#run.outputs]
    const seen = new Set(stack)
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const node = plan.nodes.get(id)!
      const result = this.#mayUseCache(node) ? this.#options.cache.get(signed.get(id)!) : undefined
      if (result !== undefined) {
        this.#results.set(id, result)
        cached.push(id)
        continue
      }
      needed.add(id)
      for (const source of node.dependencies) {
        if (!seen.has(source)) {
          seen.add(source)
          stack.push(source)
        }
      }
    }
    const upstream = plan.order.filter((id) => !needed.has(id) && !this.#results.has(id))
    this.#reporter.emit({ type: 'cached', nodes: [...cached, ...upstream].sort() })
    for (const id of cached) {
      const ui = this.#results.get(id)!.ui
      if (ui !== null) this.#reporter.emit({ type: 'node_finished', node: id, ui, cached: true })
    }
    return needed
  }

  /** The effect of an output node in a run that keeps nothing is its bytes, which no cache has. */
  #mayUseCache(node: PlannedNode): boolean {
    return !(node.description.outputNode && this.#run.delivery === 'memory')
  }

  async #schedule(plan: Plan, signed: ReadonlyMap<string, string>, needed: ReadonlySet<string>): Promise<void> {
    const open = new Map<string, number>()
    const ready: string[] = []
    for (const id of plan.order) {
      if (!needed.has(id)) continue
      const count = plan.nodes.get(id)!.dependencies.filter((source) => needed.has(source)).length
      open.set(id, count)
      if (count === 0) ready.push(id)
    }
    let next = 0
    let rested = performance.now()
    const worker = async () => {
      while (next < ready.length && this.#failure === undefined) {
        const planned = plan.nodes.get(ready[next++]!)!
        if (performance.now() - rested > BREATH) {
          await setImmediate()
          rested = performance.now()
        }
        await this.#runNode(planned, signed.get(planned.id)!)
        for (const user of planned.dependents) {
          const left = open.get(user)
          if (left === undefined) continue
          open.set(user, left - 1)
          if (left === 1) {
            ready.push(user)
            if (active < CONCURRENCY) start()
          }
        }
      }
      active--
    }
    let active = 0
    const workers: Promise<void>[] = []
    const start = () => {
      active++
      workers.push(worker())
    }
    for (let i = 0; i < Math.min(CONCURRENCY, ready.length); i++) start()
    // Workers may start others while they run, so the list grows under the loop.
    for (const worker of workers) await worker
  }

  async #runNode(planned: PlannedNode, signature: string): Promise<void> {
    const { id } = planned
    if (this.#stop.signal.aborted) {
      this.#failure ??= { node: planned, error: this.#stop.signal.reason }
      return
    }
    try {
      const lists = this.#listsOf(planned)
      const equal = this.#mayUseCache(planned) ? this.#shared.get(signature) : undefined
      if (equal === undefined) this.#reporter.emit({ type: 'node_started', node: id })
      const work = equal ?? this.#compute(planned, lists, signature)
      this.#shared.set(signature, work)
      const result = await work
      this.#results.set(id, result)
      this.#executed.push(id)
      this.#reporter.emit({ type: 'node_finished', node: id, ui: result.ui, cached: equal !== undefined })
    } catch (error) {
      this.#failure ??= { node: planned, error }
      this.#stop.abort()
    }
  }

  async #compute(planned: PlannedNode, lists: InputLists, signature: string): Promise<NodeResult> {
    const start = performance.now()
    const result = await callNode(this.#nodeOf(planned), planned, lists, this.#contextOf(planned.id))
    if (this.#mayUseCache(planned)) this.#options.cache.set(signature, result, performance.now() - start)
    return result
  }

  #listsOf(planned: PlannedNode): InputLists {
    const lists: Record<string, readonly unknown[]> = {}
    for (const [name, value] of Object.entries(planned.values)) lists[name] = [value]
    for (const [name, [source, slot]] of Object.entries(planned.links)) {
      lists[name] = this.#results.get(source)!.outputs[slot]!
    }
    return lists
  }

  #nodeOf({ description }: PlannedNode): AnyNode {
    return this.#options.nodes.get(description.id)!
  }

  #contextOf(id: string): RunContext {
    return this.#options.contextOf(this.#run, id, this.#stop.signal, this.#reporter)
  }
}
