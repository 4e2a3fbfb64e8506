import { type ChildProcess, fork } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Deferred } from '../concurrency/deferred.ts'
import { type Catalogue, catalogueOf } from '../graph/catalogue.ts'
import type { DeviceReport } from '../inference/messages.ts'
import { messageOf } from '../message-of.ts'
import type { RunEvent, RunEventBody } from '../protocol/events.ts'
import { isLast } from '../protocol/execution.ts'
import type { FromRunner, RunnerOptions, RunRequest, ToRunner } from '../runner/messages.ts'

export interface SupervisorOptions {
  /** The script of the runner process. */
  readonly entry: string
  readonly execArgv?: readonly string[]
  readonly runner: RunnerOptions
  /** How long a cancelled run may go on before its process is killed, in ms. @default 10000 */
  readonly gracePeriod?: number
  /** How long a run may take before it is cancelled and has failed, in ms, each time that it begins. @default any time */
  readonly timeLimit?: number | undefined
  /** Pause before a runner that died, or a run that found no room, is started again, in ms; doubles each time. @default 250 */
  readonly firstPause?: number
  /** What the runner writes to its error output, and its deaths. */
  readonly log?: (line: string) => void
}

/** What a runner says of itself when it can take runs. */
export interface RunnerReady {
  readonly catalogue: Catalogue
  readonly device: DeviceReport
}

const LONGEST_PAUSE = 30_000
const MOST_START_OUTPUT = 10_000
/** Deaths in a row, before `ready`, after which whoever waits for the runner is told. */
const PATIENCE = 3

/** Asked when the process has died under a run: whether the next process shall start it anew. `isToBlame` says whether it may be because of the run. */
export type MayRunAgain = (isToBlame: boolean) => boolean

export interface ExecuteOptions {
  /** Without it such a run has failed. With it the run also waits for as long as no runner can be started, and until the disk has room for its results. */
  readonly mayRunAgain?: MayRunAgain
  /** Whether a process has died under it before. @default false */
  readonly isSuspect?: boolean
}

/** Keeps one runner process alive and hands it runs, several at once. */
export class Supervisor {
  readonly #options: SupervisorOptions
  #child: ChildProcess | undefined
  #latest: RunnerReady | undefined
  /** Settled by the present runner; replaced when that runner is gone. */
  #ready = new Deferred<RunnerReady>()
  #isReady = false
  /** Why no runner will ever be ready: it said so itself. */
  #isUnusable = false
  #startOutput = ''
  #deaths = 0
  #trouble: RestorationError | undefined
  #restart: NodeJS.Timeout | undefined
  readonly #executions = new Map<string, Execution>()
  /** The run for which the present process was killed, since it did not end when it was cancelled. */
  #stubborn: Execution | undefined
  #closed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#spawn()
  }

  /** What the present or the last runner said of itself; undefined before the first one is ready. */
  get latest(): RunnerReady | undefined {
    return this.#latest
  }

  /** Whether the present runner can take runs. */
  get isReady(): boolean {
    return this.#isReady
  }

  /**
   * Resolves when a runner can take runs.
   * @throws RestorationError `runner_lost` when none can be started, `device_unavailable` when none ever will be
   */
  ready(): Promise<RunnerReady> {
    return this.#ready.promise
  }

  /** Why runs can only wait: one runner after the other has died before it was ready. */
  get trouble(): RestorationError | undefined {
    return this.#trouble
  }

  /** Whether a run under way waits for room on the disk, or has found none before. */
  get isDiskFull(): boolean {
    return this.#underWay().some(({ shortages }) => shortages > 0)
  }

  /**
   * Executes a run; resolves after its last event, which always comes, whatever happens to the process.
   * Where the next process starts it anew, the events begin again, and their numbers go on.
   */
  async execute(run: RunRequest, onEvent: (event: RunEvent) => void, options: ExecuteOptions = {}): Promise<void> {
    const execution = new Execution(run, onEvent, options)
    this.#executions.set(run.id, execution)
    this.#admit()
    await execution.done
    this.#executions.delete(run.id)
    this.#admit()
  }

  #underWay(): Execution[] {
    return [...this.#executions.values()]
  }

  /**
   * Gives the process what it may have now: a run under which one has died is alone in it, so that one that kills it takes no
   * other along again, and the others wait until no such run is left.
   */
  #admit(): void {
    const open = this.#underWay().filter(({ isResting }) => !isResting)
    const suspects = open.filter(({ isSuspect }) => isSuspect)
    const isIdle = open.every(({ isHeld }) => isHeld)
    const admitted = suspects.length === 0 ? open.filter(({ isHeld }) => isHeld) : isIdle ? suspects.slice(0, 1) : []
    for (const execution of admitted) {
      execution.isHeld = false
      void this.#hand(execution)
    }
  }

  /** Gives a run to the present process, or to the next one that is ready. */
  async #hand(execution: Execution): Promise<void> {
    for (let isReady = false; !isReady; ) {
      try {
        await this.ready()
        isReady = true
      } catch (error) {
        // The host will end too, and the run is for one that is started with another device.
        if (this.#isUnusable) return
        if (!execution.mayWait) {
          execution.fail(messageOf(error), 'See the log of the host for what the runner reported when it ended.')
        }
      }
      if (execution.ended || execution.sent) return
    }
    execution.sent = true
    this.#limit(execution)
    try {
      this.#send({ type: 'run', run: execution.run })
    } catch (error) {
      execution.fail(`The run cannot be given to the runner: ${messageOf(error)}.`, 'Send a smaller graph.')
    }
  }

  /** From when it is given to a runner. */
  #limit(execution: Execution): void {
    const { timeLimit } = this.#options
    if (timeLimit === undefined || execution.timer !== undefined) return
    execution.timer = setTimeout(() => {
      if (execution.cancelled) return
      execution.overran = timeLimit
      this.cancel(execution.run.id)
    }, timeLimit)
    void execution.done.then(() => clearTimeout(execution.timer))
  }

  /** Waiting is not its own time. */
  #pauseLimit(execution: Execution): void {
    clearTimeout(execution.timer)
    execution.timer = undefined
  }

  /** Cancels the run if it is under way. */
  cancel(runId: string): void {
    const execution = this.#executions.get(runId)
    if (execution === undefined || execution.cancelled) return
    execution.cancelled = true
    if (!execution.sent) {
      execution.interrupt()
      return
    }
    this.#send({ type: 'cancel', runId })
    const child = this.#child
    const kill = () => {
      this.#stubborn = execution
      child?.kill('SIGKILL')
    }
    // Those that share the cores with it make it slower.
    const sharing = this.#underWay().filter(({ sent }) => sent).length
    const timer = setTimeout(kill, (this.#options.gracePeriod ?? 10_000) * sharing)
    void execution.done.then(() => clearTimeout(timer))
  }

  free(unloadModels: boolean, freeMemory: boolean): void {
    this.#send({ type: 'free', unloadModels, freeMemory })
  }

  /** Ends the runner; runs under way are left without a last event. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child === undefined) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 1000)
    await gone
    clearTimeout(timer)
  }

  #spawn(): void {
    const child = fork(this.#options.entry, [JSON.stringify(this.#options.runner)], {
      serialization: 'advanced',
      execArgv: [...(this.#options.execArgv ?? process.execArgv)],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      // glibc's default of eight heaps per core never gives back what sharp's threads leave in them.
      env: { MALLOC_ARENA_MAX: '2', ...process.env },
    })
    this.#child = child
    this.#startOutput = ''
    if (child.pid !== undefined) lowerPriority(child.pid)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    child.on('message', (message) => this.#receive(message as FromRunner))
    child.on('error', (error) => {
      this.#options.log?.(`The runner process reports: ${error.message}`)
      // One that could not be started has no exit.
      if (child.pid === undefined) this.#buried(error.message)
    })
    child.once('exit', (code, signal) => this.#buried(signal ?? `exit code ${code}`))
  }

  /** Looking for devices is noisy where there are none; of interest only when the start fails. */
  #hear(text: string): void {
    if (this.#isReady) this.#options.log?.(text.trimEnd())
    else this.#startOutput = (this.#startOutput + text).slice(-MOST_START_OUTPUT)
  }

  #receive(message: FromRunner): void {
    if (message.type === 'events') {
      for (const event of message.events) {
        const execution = this.#executions.get(event.runId)
        if (execution !== undefined) this.#pass(execution, event)
      }
      return
    }
    if (message.type === 'unusable') {
      // Where there was a runner before, there may be one again: its end counts as a death.
      if (this.#latest !== undefined) {
        this.#options.log?.(`The runner process reports: ${message.message}`)
        return
      }
      this.#isUnusable = true
      this.#ready.reject(new RestorationError(message.code, message.message, message.remedy))
      return
    }
    this.#latest = { catalogue: catalogueOf(message.catalogue), device: message.device }
    this.#deaths = 0
    this.#trouble = undefined
    this.#isReady = true
    this.#startOutput = ''
    this.#ready.resolve(this.#latest)
  }

  #pass(execution: Execution, event: RunEvent): void {
    const isForRoom = event.type === 'failed' && event.error.code === 'disk_full'
    if (!isForRoom || !execution.mayWait) execution.receive(event)
    else if (execution.cancelled) execution.interrupt()
    else this.#waitForRoom(execution)
  }

  /** It was accepted, and what it has made so far will not be made twice: somebody will make room. */
  #waitForRoom(execution: Execution): void {
    execution.beginAnew()
    execution.shortages += 1
    if (execution.shortages === 1) {
      this.#options.log?.(`The disk of the data folder is full. Run ${execution.run.id} goes on when there is room.`)
    }
    this.#pauseLimit(execution)
    execution.isHeld = true
    execution.isResting = true
    const timer = setTimeout(() => {
      execution.isResting = false
      this.#admit()
    }, this.#pauseAfter(execution.shortages))
    void execution.done.then(() => clearTimeout(timer))
    this.#admit()
  }

  #pauseAfter(times: number): number {
    return Math.min(LONGEST_PAUSE, (this.#options.firstPause ?? 250) * 2 ** (times - 1))
  }

  #buried(how: string): void {
    this.#child = undefined
    if (this.#closed || this.#isUnusable) return
    this.#options.log?.(`The runner process ended: ${how}. ${this.#startOutput}`.trimEnd())
    this.#deaths += 1
    if (this.#deaths >= PATIENCE) {
      const message = `The runner process cannot be started: it ended ${this.#deaths} times in a row (${how}).`
      this.#trouble = new RestorationError('runner_lost', message, 'See the log of the host for its reason.')
      this.#ready.reject(this.#trouble)
    }
    if (this.#isReady || this.#trouble !== undefined) this.#ready = new Deferred()
    this.#isReady = false
    this.#bereave(how)
    this.#restart = setTimeout(() => this.#spawn(), this.#pauseAfter(this.#deaths))
  }

  /** The process is gone with all that it was at. */
  #bereave(how: string): void {
    const stubborn = this.#stubborn
    this.#stubborn = undefined
    for (const execution of this.#underWay().filter(({ sent }) => sent)) {
      this.#pauseLimit(execution)
      execution.bereave(how, stubborn === undefined || stubborn === execution)
    }
    this.#admit()
  }

  /** A message to a process that has just died is lost on purpose: its `exit` follows and settles the run. */
  #send(message: ToRunner): void {
    if (this.#child?.connected === true) this.#child.send(message, () => undefined)
  }
}

/** One run in the hands of the runner: passes its events on and supplies the last one when the process cannot. */
class Execution {
  readonly run: RunRequest
  cancelled = false
  sent = false
  ended = false
  /** Whether it waits for others before it is given to a process. */
  isHeld = true
  /** Whether it waits for room on the disk, and keeps nobody else waiting. */
  isResting = false
  /** Whether a process may have died because of it. */
  isSuspect: boolean
  /** How often it has found no room for its results. */
  shortages = 0
  timer: NodeJS.Timeout | undefined
  /** The limit of time that the run was cancelled for, in ms. */
  overran: number | undefined
  readonly #onEvent: (event: RunEvent) => void
  readonly #mayRunAgain: MayRunAgain | undefined
  readonly #done = new Deferred<void>()
  #executed: string[] = []
  #node: string | null = null
  #sequence = 0

  constructor(run: RunRequest, onEvent: (event: RunEvent) => void, { mayRunAgain, isSuspect = false }: ExecuteOptions) {
    this.run = run
    this.isSuspect = isSuspect
    this.#onEvent = onEvent
    this.#mayRunAgain = mayRunAgain
  }

  /** Resolves after the last event. */
  get done(): Promise<void> {
    return this.#done.promise
  }

  /** Whether it is still wanted when a runner can be started at last. */
  get mayWait(): boolean {
    return this.#mayRunAgain !== undefined
  }

  receive(event: RunEvent): void {
    if (this.ended) return
    if (event.type === 'node_started') this.#node = event.node
    if (event.type === 'node_finished') this.#executed.push(event.node)
    this.ended = isLast(event)
    const told = event.type === 'interrupted' && this.overran !== undefined ? this.#late(event, this.overran) : event
    this.#onEvent({ ...told, sequence: this.#sequence++ })
    if (this.ended) this.#done.resolve()
  }

  /** It is with no process any more, and has done nothing yet. */
  beginAnew(): void {
    this.sent = false
    this.#node = null
    this.#executed = []
  }

  /** The process died under the run: it has ended, or is held again. */
  bereave(how: string, isToBlame: boolean): void {
    if (this.cancelled) this.interrupt()
    else if (this.#mayRunAgain?.(isToBlame) === true) {
      this.beginAnew()
      this.isHeld = true
      this.isSuspect ||= isToBlame
    } else {
      const where = this.#node === null ? '' : ` while node ${this.#node} (${this.#typeOf(this.#node)}) was running`
      this.fail(
        `The runner process ended (${how})${where}.`,
        'It is started again and the queue goes on. If the same run ends this way each time, use a smaller picture or smaller tiles.',
      )
    }
  }

  fail(message: string, remedy: string): void {
    const node = this.#node
    this.#supply({
      type: 'failed',
      error: {
        node,
        nodeType: this.#typeOf(node),
        code: 'runner_lost',
        message,
        remedy,
        executed: this.#executed,
        inputs: {},
      },
    })
  }

  interrupt(): void {
    this.#supply({ type: 'interrupted', node: this.#node, executed: this.#executed })
  }

  /** What is told in place of an interruption that nobody asked for. */
  #late({ node, executed, ...event }: RunEvent & { type: 'interrupted' }, limit: number): RunEvent {
    const nodeType = this.#typeOf(node)
    const where = node === null ? '' : ` at node ${node} (${nodeType})`
    const message = `The run took longer than the ${limit / 1000} s that this host allows, and was stopped${where}.`
    const remedy = 'Send a smaller picture or a smaller graph, or start the host with a greater --max-seconds.'
    const error = { node, nodeType, code: 'run_timed_out', message, remedy, executed, inputs: {} }
    return { ...event, type: 'failed', error }
  }

  #supply(body: RunEventBody): void {
    this.receive({ runId: this.run.id, sequence: this.#sequence, time: Date.now(), ...body })
  }

  #typeOf(node: string | null): string {
    return (node === null ? undefined : this.run.prompt[node]?.class_type) ?? ''
  }
}

/** Lets the host go first on a busy machine, so that sockets are answered while every core runs a model. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // The process is gone already, which its exit reports, or the system has no priorities.
  }
}
