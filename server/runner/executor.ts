import { setImmediate } from 'node:timers/promises'
import type { RunContext } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Expansion, type GraphNode } from '../../nodes/sdk/expansion.ts'
import type { AnyNode, NodeUi } from '../../nodes/sdk/node.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import { type Origin, pictureOrigin, pictureParameter } from '../graph/origin.ts'
import { type Plan, type PlannedNode, planNodes, planRun } from '../graph/plan.ts'
import type { Link } from '../graph/prompt.ts'
import { signatures } from '../graph/signature.ts'
import type { NodeWords, RunEvent } from '../protocol/events.ts'
import type { NodeResult } from './cache.ts'
import { type Answer, callNode, gather, neededInputs, type Resolve } from './call-node.ts'
import { Constants } from './constants.ts'
import { placeNodes } from './expand.ts'
import type { InputLists } from './map-lists.ts'
import type { RunRequest } from './messages.ts'
import { ReadyTasks } from './ready-tasks.ts'
import { Reporter } from './reporter.ts'
import { withoutFiles } from './run-files.ts'
import { displayOf, type Place, type Task } from './task.ts'
import { type Failure, Teller } from './teller.ts'

/** Results of earlier runs. */
export interface ResultStore {
  /** A promise where it has to be fetched. */
  get(signature: string): NodeResult | undefined | Promise<NodeResult | undefined>
  set(signature: string, result: NodeResult, cost: number): void
  /** As `get`, of results that are told of also where nothing needs them: something was shown in their expansion, or they said something. */
  getTold(signature: string): NodeResult | undefined | Promise<NodeResult | undefined>
}

export interface ExecutorOptions {
  readonly nodes: ReadonlyMap<string, AnyNode>
  readonly catalogue: Catalogue
  readonly cache: ResultStore
  /** What the files that a result shows are like: another text when one was written anew, undefined when one is gone. */
  readonly filesOf: (ui: NodeUi) => Promise<string | undefined>
  /** Everything that a node gets from the host, for one node of one run. */
  readonly contextOf: (
    run: RunRequest,
    nodeId: string,
    signal: AbortSignal,
    reporter: Reporter,
    own: Pick<RunContext, 'node' | 'origin' | 'say' | 'warn'>,
  ) => RunContext
  /** Gets the errors that clients see only in part: faults of nodes, with their stack. */
  readonly logFault: (error: unknown) => void
}

/** Branches that run at the same time. */
const CONCURRENCY = 4
/** How long nodes may follow each other before messages such as a cancellation are read, in ms. */
const BREATH = 15
/** Nodes that expansions may make in one run: a loop without an end must not take the machine along. */
const MAX_NODES = 200_000

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

/**
 * One run. Work goes from the outputs upstream, by demand: a node that is cached, or that only a lazy input leads to,
 * is never looked behind. A graph that a node expands to is added while the run goes on.
 */
class Execution {
  readonly #run: RunRequest
  readonly #options: ExecutorOptions
  readonly #reporter: Reporter
  readonly #cancel: AbortSignal
  /** Aborted by a cancellation, and by the failure of another branch. */
  readonly #stop = new AbortController()
  readonly #teller: Teller
  readonly #tasks = new Map<string, Task>()
  /** The first task of each signature, so that equal nodes are computed once. */
  readonly #bySignature = new Map<string, Task>()
  readonly #signatures = new Map<string, string>()
  readonly #constants = new Constants()
  readonly #origins = new Map<string, Origin>()
  /** Nodes that expansions made. */
  readonly #expanded = new Map<string, GraphNode>()
  /** Nodes that the cache saved. */
  readonly #saved = new Set<string>()
  readonly #ready = new ReadyTasks()
  #workers: Promise<void>[] = []
  #active = 0
  #rested = performance.now()
  #failure: Failure | undefined

  constructor(run: RunRequest, options: ExecutorOptions, cancel: AbortSignal, reporter: Reporter) {
    this.#run = run
    this.#options = options
    this.#cancel = cancel
    this.#reporter = reporter
    this.#teller = new Teller(reporter, options.logFault)
  }

  async run(): Promise<void> {
    const abort = () => this.#stop.abort()
    this.#cancel.addEventListener('abort', abort, { once: true })
    if (this.#cancel.aborted) abort()
    try {
      const plan = planRun(this.#run.prompt, this.#run.outputs, this.#options.catalogue)
      await this.#add(plan, undefined)
      // Their results are told at the end, so nothing that uses them may give them up.
      for (const id of this.#run.outputs) this.#tasks.get(id)!.users++
      await this.#begin(plan)
      await this.#work()
    } catch (error) {
      this.#failure ??= { task: undefined, error }
    } finally {
      this.#cancel.removeEventListener('abort', abort)
    }
    this.#teller.ended(this.#failure, this.#cancel.aborted)
  }

  /** Makes the tasks of a plan; nothing starts yet. */
  async #add(plan: Plan, place: Place | undefined): Promise<void> {
    const prints = new Map<string, string>()
    const volatile = new Set<string>()
    for (const id of plan.order) {
      const planned = plan.nodes.get(id)!
      await this.#constants.add(planned, this.#nodeOf(planned), () => this.#contextOf(id))
      this.#origins.set(
        id,
        pictureOrigin(planned, this.#loadedBy(planned), (source) => this.#origins.get(source)),
      )
      const print = await this.#fingerprint(planned)
      if (print !== undefined) prints.set(id, print ?? `unknown ${this.#run.id}`)
      if (print === null || planned.sources.some((s) => volatile.has(s) || this.#tasks.get(s)?.isVolatile === true)) {
        volatile.add(id)
      }
    }
    for (const [id, signature] of signatures(plan, prints, this.#signatures)) {
      // An expansion at the same time may lead to it too.
      if (this.#tasks.has(id)) continue
      this.#signatures.set(id, signature)
      const planned = plan.nodes.get(id)!
      const task: Task = {
        planned,
        signature,
        isVolatile: volatile.has(id),
        place,
        rank: this.#tasks.size,
        state: 'idle',
        open: 0,
        waiters: [],
        users: 0,
        isCounted: false,
        twin: undefined,
        granted: new Set(),
        unfolding: undefined,
        startedAt: 0,
        said: [],
        inner: [],
        hasEffects: planned.description.outputNode,
        isBlocked: false,
        result: undefined,
      }
      this.#tasks.set(id, task)
      this.#countIn(task)
    }
  }

  /** From now on until it is done, a task may use the results of its sources. */
  #countIn(task: Task): void {
    task.isCounted = true
    for (const id of task.planned.sources) this.#tasks.get(id)!.users++
  }

  /** The picture that a node loads; null where its name is computed. */
  #loadedBy(planned: PlannedNode): Origin {
    const parameter = pictureParameter(planned.description)
    if (parameter === undefined) return undefined
    const name = this.#constants.valueOf(planned, parameter.name)
    return typeof name === 'string' ? name : null
  }

  /** What a node depends on besides the graph; null when that cannot be known, as with a file name that is computed. */
  async #fingerprint(planned: PlannedNode): Promise<string | null | undefined> {
    const node = this.#nodeOf(planned)
    if (node.fingerprint === undefined) return undefined
    try {
      const parameters = this.#constants.parametersOf(planned, node)
      return parameters === undefined ? null : await node.fingerprint(parameters, this.#contextOf(planned.id))
    } catch {
      return null
    }
  }

  /** Demands the outputs, and tells what the cache saves. */
  async #begin(plan: Plan): Promise<void> {
    const cached = await this.#demand(this.#run.outputs)
    const saved = this.#savedBy(cached)
    this.#teller.cached(plan.order.filter((id) => saved.has(id)).sort())
    await this.#tellSaved(cached, saved)
    this.#ready.arrange(0)
  }

  /** What was found, and all that nothing looks at any more because of it. */
  #savedBy(found: readonly Found[]): ReadonlySet<string> {
    const saved = new Set(found.map(({ task }) => task.planned.id))
    for (const id of saved) {
      this.#saved.add(id)
      for (const source of this.#tasks.get(id)!.planned.sources) {
        if (this.#tasks.get(source)!.state === 'idle' && !this.#saved.has(source)) saved.add(source)
      }
    }
    return saved
  }

  async #tellSaved(found: readonly Found[], saved: ReadonlySet<string>): Promise<void> {
    for (const { task, result } of found) this.#teller.saved(task, result)
    for (const id of saved) {
      const task = this.#tasks.get(id)!
      if (task.state !== 'idle') continue
      const found = this.#options.cache.getTold(task.signature)
      const told = found instanceof Promise ? await found : found
      if (told !== undefined) this.#teller.saved(task, { ui: null, said: told.said, inner: told.inner })
    }
  }

  /**
   * Makes sure that tasks will be done. Iterative, and asynchronous only where a result has to be fetched.
   * @returns those that were found in the cache
   */
  async #demand(ids: readonly string[]): Promise<Found[]> {
    const cached: Found[] = []
    const stack = ids.map((id) => this.#tasks.get(id)!)
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      if (task.state !== 'idle') continue
      task.state = 'waiting'
      if (!task.isCounted) this.#countIn(task)
      const twin = this.#bySignature.get(task.signature)
      if (twin !== undefined && twin !== task && twin.state !== 'idle' && this.#mayShare(task)) {
        task.twin = twin
        twin.users++
        this.#waitFor(task, twin)
      } else {
        this.#bySignature.set(task.signature, task)
        const found = this.#lookUp(task)
        const result = found instanceof Promise ? await found : found
        if (result !== undefined) {
          task.result = result
          cached.push({ task, result })
          this.#settle(task)
          continue
        }
        for (const id of task.planned.dependencies) this.#waitFor(task, this.#tasks.get(id)!, stack)
        for (const name of task.granted) this.#waitFor(task, this.#tasks.get(task.planned.links[name]![0])!, stack)
      }
      if (task.open === 0) this.#ready.add(task)
    }
    return cached
  }

  #waitFor(task: Task, other: Task, stack?: Task[]): void {
    if (other.state === 'done') return
    task.open++
    other.waiters.push(task)
    if (other.state === 'idle') stack?.push(other)
  }

  /** What the cache has, unless it shows files that are gone or others by now. */
  #lookUp(task: Task): NodeResult | undefined | Promise<NodeResult | undefined> {
    if (!this.#mayShare(task) || task.isVolatile) return undefined
    const found = this.#options.cache.get(task.signature)
    if (found === undefined || (!(found instanceof Promise) && found.ui === null && found.inner === undefined))
      return found
    return this.#check(found)
  }

  async #check(found: NodeResult | Promise<NodeResult | undefined>): Promise<NodeResult | undefined> {
    const result = await found
    if (result === undefined) return undefined
    if (result.inner !== undefined && this.#run.delivery === 'memory') return undefined
    for (const { ui, files } of [result, ...(result.inner ?? [])]) {
      if (ui !== null && (await this.#options.filesOf(ui)) !== files) return undefined
    }
    return result
  }

  /** The effects of a run that keeps nothing are its bytes, which no cache has. */
  #mayShare({ hasEffects }: Task): boolean {
    return !(hasEffects && this.#run.delivery === 'memory')
  }

  async #work(): Promise<void> {
    this.#startWorkers(0)
    // Workers may start others while they run, so the list grows under the loop.
    for (const worker of this.#workers) await worker
    const stuck = this.#run.outputs.filter((id) => this.#tasks.get(id)!.state !== 'done')
    if (stuck.length > 0 && this.#failure === undefined)
      throw new Error(`nothing is left to do for ${stuck.join(', ')}`)
  }

  /** @param taken how many of the tasks that may start are taken by whoever calls */
  #startWorkers(taken = 1): void {
    for (let left = this.#ready.size - taken; left > 0 && this.#active < CONCURRENCY; left--) {
      this.#active++
      this.#workers.push(this.#worker())
    }
  }

  async #worker(): Promise<void> {
    // The first turn is given to whoever starts the workers, so that it can start all of them.
    await undefined
    for (let task = this.#ready.take(); task !== undefined && this.#failure === undefined; task = this.#ready.take()) {
      if (performance.now() - this.#rested > BREATH) {
        await setImmediate()
        this.#rested = performance.now()
      }
      try {
        this.#stop.signal.throwIfAborted()
        await this.#advance(task)
      } catch (error) {
        this.#failure ??= { task, error }
        this.#stop.abort()
      }
      this.#ready.release(task)
      this.#startWorkers()
    }
    this.#active--
  }

  /** Takes a task as far as it goes: to its end, or until it waits for lazy inputs or for its expansion. */
  async #advance(task: Task): Promise<void> {
    const { planned } = task
    if (task.twin !== undefined) {
      task.result = task.twin.result!
      return this.#finish(task, true)
    }
    task.state = 'running'
    if (task.unfolding === undefined) {
      this.#teller.started(task)
      if (await this.#askForMore(task)) return
      task.startedAt = performance.now()
      task.said = []
      const context = this.#contextOf(planned.id)
      const answers = await callNode(this.#nodeOf(planned), this.#listsOf(task), context, (message) => {
        task.isBlocked = true
        this.#teller.blocked(task, message)
      })
      if (answers.some((answer) => answer instanceof Expansion)) return this.#unfold(task, answers)
      task.result = this.#gather(task, answers, noLink)
    } else {
      const { answers, resolve } = task.unfolding
      const result = this.#gather(task, answers, (link, call) => this.#valuesOf(resolve(link, call)))
      task.result = task.inner.length === 0 ? result : { ...result, inner: task.inner }
    }
    task.isBlocked ||= [...planned.sources, ...(task.unfolding?.sources ?? [])].some(
      (id) => this.#tasks.get(id)!.isBlocked,
    )
    await this.#keep(task)
    this.#finish(task, false)
  }

  #gather(task: Task, answers: readonly Answer[], resolve: Resolve): NodeResult {
    const { outputs, ui } = gather(this.#nodeOf(task.planned), answers, resolve)
    const said = task.said.length === 0 ? undefined : task.said
    return { outputs, ui: this.#run.delivery === 'memory' ? withoutFiles(ui) : ui, said }
  }

  async #keep(task: Task): Promise<void> {
    if (!this.#mayShare(task)) return
    const cost = performance.now() - task.startedAt
    const { ui } = task.result!
    if (ui !== null) {
      const files = await this.#options.filesOf(ui)
      if (files === undefined) return
      task.result = { ...task.result!, files }
    }
    if (!task.isVolatile && !task.isBlocked) this.#options.cache.set(task.signature, task.result!, cost)
  }

  /** Asks a node with lazy inputs what it needs. @returns whether it has to wait */
  async #askForMore(task: Task): Promise<boolean> {
    const { links, description } = task.planned
    const open = new Set(
      description.inputs
        .filter(({ name, lazy }) => lazy === true && Object.hasOwn(links, name) && !task.granted.has(name))
        .map(({ name }) => name),
    )
    if (open.size === 0) return false
    const names = neededInputs(this.#nodeOf(task.planned), this.#listsOf(task), open)
    if (names.length === 0) return false
    for (const name of names) task.granted.add(name)
    const sources = new Set(names.map((name) => links[name]![0]))
    await this.#holdFor(task, [...sources])
    return true
  }

  /** Puts the graphs that a node returned into the run. */
  async #unfold(task: Task, answers: readonly Answer[]): Promise<void> {
    const { id } = task.planned
    const { nodes, resolve, roots, results } = placeNodes(id, answers, this.#options.catalogue)
    if (this.#tasks.size + Object.keys(nodes).length > MAX_NODES) {
      throw new RestorationError(
        'invalid_input',
        `Node ${id} would make the graph larger than ${MAX_NODES} nodes.`,
        'Loop less often, or over fewer pictures.',
      )
    }
    for (const [inner, node] of Object.entries(nodes)) this.#expanded.set(inner, node)
    const waited = new Set([...roots, ...results])
    const plan = planNodes((other) => this.#graphNode(other), [...waited], this.#options.catalogue, this.#tasks)
    await this.#add(plan, { parent: task, display: displayOf(task) })
    this.#teller.expanded(task, plan.order)
    task.unfolding = { answers, resolve, sources: results }
    for (const source of results) this.#tasks.get(source)!.users++
    if (roots.length > 0) {
      for (let outer: Task | undefined = task; outer !== undefined; outer = outer.place?.parent) outer.hasEffects = true
    }
    await this.#holdFor(task, [...waited])
  }

  /** Lets a task that runs wait for others, and go on when they are done. */
  async #holdFor(task: Task, ids: readonly string[]): Promise<void> {
    task.state = 'waiting'
    // One more than there are, so that it does not go on while it is told what to wait for.
    task.open++
    for (const id of ids) this.#waitFor(task, this.#tasks.get(id)!)
    const before = this.#ready.size
    const found = await this.#demand(ids)
    await this.#tellSaved(found, this.#savedBy(found))
    this.#ready.arrange(before)
    this.#letGo(task)
  }

  #finish(task: Task, isTwins: boolean): void {
    this.#teller.finished(task, task.result!, isTwins)
    this.#settle(task)
  }

  /** A task has its result: others may start, and what only it needed may go. */
  #settle(task: Task): void {
    task.state = 'done'
    const waiters = task.waiters
    task.waiters = []
    for (const waiter of waiters.sort((a, b) => b.rank - a.rank)) this.#letGo(waiter)
    if (task.twin !== undefined) this.#release(task.twin.planned.id)
    task.twin = undefined
    task.isCounted = false
    for (const id of task.planned.sources) this.#release(id)
    for (const id of task.unfolding?.sources ?? []) this.#release(id)
  }

  #letGo(task: Task): void {
    task.open--
    if (task.open === 0) this.#ready.add(task)
  }

  /** One user of a result less; without any it is given up, and computed or fetched again should that be wrong. */
  #release(id: string): void {
    const task = this.#tasks.get(id)!
    task.users--
    if (task.users > 0 || task.state !== 'done') return
    task.result = undefined
    task.unfolding = undefined
    task.state = 'idle'
  }

  #listsOf({ planned: { values, links, description }, granted }: Task): InputLists {
    const lists: Record<string, readonly unknown[]> = {}
    for (const [name, value] of Object.entries(values)) lists[name] = [value]
    for (const [name, link] of Object.entries(links)) {
      const input = description.inputs.find((candidate) => candidate.name === name)
      if (input?.raw === true) lists[name] = [link]
      else if (input?.lazy !== true || granted.has(name)) lists[name] = this.#valuesOf(link)
    }
    return lists
  }

  #valuesOf([source, slot]: Link): readonly unknown[] {
    return this.#tasks.get(source)!.result!.outputs[slot]!
  }

  #nodeOf({ description }: PlannedNode): AnyNode {
    return this.#options.nodes.get(description.id)!
  }

  #contextOf(id: string): RunContext {
    const hear = (words: NodeWords) => {
      this.#tasks.get(id)?.said.push(words)
      this.#teller.said(id, words)
    }
    return this.#options.contextOf(this.#run, id, this.#stop.signal, this.#reporter, {
      node: (other) => this.#graphNode(other),
      origin: () => this.#origins.get(id) ?? undefined,
      say: (text) => hear({ text, isWarning: false }),
      warn: (text) => hear({ text, isWarning: true }),
    })
  }

  #graphNode(id: string): GraphNode | undefined {
    const { prompt } = this.#run
    return Object.hasOwn(prompt, id) ? prompt[id] : this.#expanded.get(id)
  }
}

/** A task whose result was found in the cache. */
interface Found {
  readonly task: Task
  readonly result: NodeResult
}

function noLink(): never {
  throw new Error('only an expansion has links')
}
