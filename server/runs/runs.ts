import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { Deferred } from '../concurrency/deferred.ts'
import { Room } from '../concurrency/room.ts'
import { refuseDepth } from '../graph/depth.ts'
import { entryOf } from '../graph/entry.ts'
import { messageOf } from '../message-of.ts'
import type { RunEvent } from '../protocol/events.ts'
import { knownFailure } from '../storage/known-failure.ts'
import type { Receipts } from '../storage/receipts.ts'
import { type Eta, Outlook, Progress } from './eta.ts'
import type { Job, JobQuery } from './job.ts'
import { RunQueue } from './queue.ts'
import { type RunRecord, RunRecorder } from './record.ts'
import type { ActiveRun, Run, Submission } from './run.ts'
import { shapeOf } from './speeds.ts'
import type { Ending, HistoryRange, RunStore } from './store.ts'
import type { Supervisor } from './supervisor.ts'

/** What whoever watches the runs is told, in this order for each run. */
export type RunChange =
  /** Runs came or went. */
  | { readonly type: 'queue' }
  | { readonly type: 'event'; readonly run: ActiveRun; readonly event: RunEvent }
  /** The run has left the queue and is in the history. */
  | { readonly type: 'settled'; readonly run: ActiveRun }
  /** The host ends: nothing more will be told. */
  | { readonly type: 'closing' }

export interface RunsOptions {
  readonly store: RunStore
  readonly supervisor: Pick<Supervisor, 'execute' | 'cancel'> & Partial<Pick<Supervisor, 'trouble' | 'isDiskFull'>>
  readonly receipts: Pick<Receipts, 'forget' | 'keepOnly'>
  /** What cannot be written down, and is tried again. */
  readonly log?: (line: string) => void
  /** How many runs may wait; further ones are refused. @default as many as come */
  readonly mostWaiting?: number | undefined
  /** How many runs may be under way, of each client one. @default 1 */
  readonly mostAtOnce?: number | undefined
}

/** How often the runner, or the host with it, may die under a run before the run is to blame. */
const MOST_CRASHES = 3
/** Before what could not be written is tried again, in ms. */
const PAUSE = 2000
/** Records that are forgotten in one turn of the event loop; one may have megabytes. */
const BATCH = 20
/** Pictures for socket runs that may be in memory, sent or waiting or at work, in bytes. */
const MAX_ATTACHED = 1 << 30

interface UnderWay {
  readonly run: ActiveRun
  readonly progress: Progress
}

/**
 * The queue, the runs under way and the history as one thing: a run is in exactly one of them whenever someone looks,
 * because each step happens within one turn of the event loop.
 */
export class Runs {
  /** Where the pictures that come with runs are held. */
  readonly room = new Room(MAX_ATTACHED)
  readonly #store: RunStore
  readonly #supervisor: RunsOptions['supervisor']
  readonly #queue = new RunQueue()
  readonly #attachments = new Map<string, Submission['attachments']>()
  readonly #listeners = new Set<(change: RunChange) => void>()
  readonly #receipts: RunsOptions['receipts']
  /** Runs of which the receipts are being forgotten. */
  readonly #forgetting = new Map<string, Promise<unknown>>()
  /** Those that began first, first. */
  readonly #underWay = new Map<string, UnderWay>()
  /** Runs under which the runner, or the host with it, has died before the present host. */
  readonly #suspects = new Set<string>()
  #sweeping: Promise<unknown> | undefined
  #nextNumber = 0
  #isStopping = false
  #closed = false
  /** Whether the state of the runs finds no room on the disk. */
  #isUnwritten = false
  readonly #log: (line: string) => void
  readonly #mostWaiting: number
  readonly #mostAtOnce: number

  constructor(options: RunsOptions) {
    const { store, supervisor, receipts, log = () => undefined } = options
    this.#store = store
    this.#mostWaiting = options.mostWaiting ?? Number.POSITIVE_INFINITY
    this.#mostAtOnce = options.mostAtOnce ?? 1
    this.#log = log
    this.#supervisor = supervisor
    this.#receipts = receipts
    this.#recover()
  }

  /** Runs under way, those that began first first. */
  get active(): readonly ActiveRun[] {
    return Array.from(this.#underWay.values(), ({ run }) => run)
  }

  /** Whether a run under way, or the next one, waits for room on the disk. */
  get isDiskFull(): boolean {
    return this.#isUnwritten || this.#supervisor.isDiskFull === true
  }

  /** Whether no more runs are taken, since the host ends. */
  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Runs that wait or are under way. */
  get remaining(): number {
    return this.#queue.size + this.#underWay.size
  }

  /** Calls back at every change until the returned function is called. */
  subscribe(listener: (change: RunChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Writes the run down and queues it; from here on it survives a crash.
   * The same run sent again under its own id, by a client that did not hear the answer, is the one that is there. The room
   * that was taken for its attachments is the run's from here on.
   * @throws RestorationError `invalid_input` when another run of the id is in the queue; `queue_full` when as many runs wait
   *   as may; `runner_lost` while no runner can be started; `host_stopping` when the host ends
   */
  submit(submission: Submission): Run {
    refuseDepth([submission.prompt, submission.extraData])
    const id = submission.id ?? randomUUID()
    const present = this.#open(id)
    if (present !== undefined) {
      if (JSON.stringify(this.#store.graph(id).prompt) === JSON.stringify(submission.prompt)) {
        this.room.giveBack(sizeOf(submission.attachments))
        return present
      }
      throw new RestorationError(
        'invalid_input',
        `Another run with the id '${id}' is in the queue.`,
        'Wait for it to end, or send another prompt_id.',
      )
    }
    if (this.#isStopping) {
      throw new RestorationError('host_stopping', 'The host is being stopped.', 'Send the run again in a moment.')
    }
    if (this.#queue.size >= this.#mostWaiting) {
      throw new RestorationError('queue_full', `${this.#queue.size} runs wait already.`, 'Send the run again later.')
    }
    if (this.#supervisor.trouble !== undefined) throw this.#supervisor.trouble
    const { extraData } = submission
    const clientId = typeof extraData.client_id === 'string' ? extraData.client_id : undefined
    const number = submission.number ?? (submission.front === true ? -this.#nextNumber : this.#nextNumber)
    this.#nextNumber += 1
    const { prompt, outputs, delivery, webhook, pictureBytes = 0, sentAt = Date.now() } = submission
    const shape = shapeOf(prompt, outputs, pictureBytes)
    const run = { id, number, sequence: this.#store.nextSequence(), delivery, clientId, shape }
    this.#store.add({ ...run, prompt, outputs, extraData, webhook }, sentAt)
    if (run.delivery === 'memory') this.#attachments.set(id, submission.attachments)
    this.#queue.add(run)
    // Before anybody is told, so that what sockets are told of both leaves in one write.
    this.#pumpLater()
    this.#announce({ type: 'queue' })
    return run
  }

  /** Takes runs that wait out of the queue: they are cancelled, as those under way can be. Others are left alone. */
  remove(ids: readonly string[]): void {
    const wanted = new Set(ids)
    const waiting = this.#queue.runs.filter(({ id }) => wanted.has(id))
    if (waiting.length === 0) return
    const now = Date.now()
    const cancelled = waiting.map((run) => ({ run: { ...run, prompt: {} }, event: interruptionOf(run.id, now) }))
    // First where it may fail: what cannot be taken out stays.
    this.#store.finishAll(new Map(cancelled.map(({ run, event }) => [run.id, { record: recordOf(run, event) }])), now)
    const removed = this.#queue.remove(ids)
    for (const id of removed) {
      this.#detach(id)
      this.#suspects.delete(id)
    }
    // One of an earlier host may have delivered something.
    this.#forget(removed)
    for (const { run, event } of cancelled) this.#announce({ type: 'event', run, event })
    this.#announce({ type: 'queue' })
    for (const { run } of cancelled) this.#announce({ type: 'settled', run })
  }

  clear(): void {
    this.remove(this.#queue.ids())
  }

  /** Cancels what is under way; with an id only if it is that one. */
  interrupt(id?: string): void {
    for (const run of this.active) if (id === undefined || id === run.id) this.#supervisor.cancel(run.id)
  }

  /** Takes runs out of the queue and cancels those under way; those that have ended stay. @returns how many */
  cancel(ids: readonly string[]): number {
    const open = [...new Set(ids)].filter((id) => this.isOpen(id))
    const active = open.filter((id) => this.#underWay.has(id))
    this.remove(open)
    for (const id of active) this.#supervisor.cancel(id)
    return open.length
  }

  /** Whether a run was submitted and is not forgotten. */
  isKnown(id: string): boolean {
    return this.#store.has(id)
  }

  /** Puts a run that waits before all others that wait. @returns whether it waited */
  moveToFront(id: string): boolean {
    const first = this.#queue.first
    const run = this.#queue.get(id)
    if (run === undefined || first === undefined) return false
    if (first.id === id) return true
    const moved = { ...run, number: Math.min(first.number, run.number) - 1 }
    this.#store.renumber(id, moved.number)
    this.#queue.remove([id])
    this.#queue.add(moved)
    this.#announce({ type: 'queue' })
    return true
  }

  job(id: string): Job | undefined {
    return this.#store.job(id)
  }

  jobs(query: JobQuery): ReturnType<RunStore['jobs']> {
    return this.#store.jobs(query)
  }

  /** Whether a run waits or is under way. */
  isOpen(id: string): boolean {
    return this.#underWay.has(id) || this.#queue.has(id)
  }

  /** When the oldest run that waits or is under way was submitted, in ms since 1970. */
  oldestOpen(): number | undefined {
    return this.#store.oldestOpen()
  }

  /** When a run that waits or is under way will start and end, as far as such runs are known. */
  eta(id: string): Eta | undefined {
    const now = Date.now()
    const progress = this.#underWay.get(id)?.progress
    if (progress !== undefined) return progress.isKnown ? { start: 0, end: progress.left(now) } : undefined
    const outlook = new Outlook(this.#mostAtOnce)
    for (const { run, progress } of this.#underWay.values()) outlook.begins(run, progress.left(now))
    for (const run of this.#queue.runs) {
      const time = this.#store.speeds.ofRun(run.shape)
      const start = outlook.begins(run, time ?? 0)
      if (run.id !== id) continue
      return time === undefined ? undefined : { start: Math.round(start), end: Math.round(start + time) }
    }
    return undefined
  }

  /** ComfyUI's view of the queue as pieces of JSON text: a snapshot of this moment, however slowly it is read. */
  queueText(): Iterable<string> {
    return queueText(this.#store, [...this.#underWay.keys()], this.#queue.ids())
  }

  /** ComfyUI's history as pieces of JSON text, oldest first. */
  *historyText(range: HistoryRange): Generator<string> {
    let separator = '{'
    for (const records of this.#store.history(range)) {
      yield separator + records.join(',')
      separator = ','
    }
    yield separator === '{' ? '{}' : '}'
  }

  /** `{id: record}` as JSON text, `{}` while the run has not ended. */
  recordText(id: string): string {
    const record = this.#store.recordText(id)
    return record === undefined ? '{}' : `{${JSON.stringify(id)}:${record}}`
  }

  /** Forgets runs that have ended; others are left alone. */
  async removeHistory(ids: readonly string[]): Promise<void> {
    let next = 0
    await this.#forgetInTurns((limit) => {
      const some = ids.slice(next, next + limit)
      next += limit
      this.#store.removeEnded(some)
      return some.length
    })
  }

  /** As removeHistory, of all that have ended by now. */
  async clearHistory(): Promise<void> {
    const last = this.#store.lastFinish
    await this.#forgetInTurns((limit) => this.#store.removeEndedUpTo(last, limit))
  }

  /** As removeHistory, of those that ended before a moment. @returns how many */
  removeHistoryBefore(time: number): Promise<number> {
    return this.#forgetInTurns((limit) => this.#store.removeEndedBefore(time, limit))
  }

  /**
   * Takes and starts nothing more; resolves when the runs under way have ended, or the time is up.
   * @param patience in ms
   */
  async drain(patience: number): Promise<void> {
    this.#isStopping = true
    if (this.#underWay.size === 0 || patience === 0) return
    const over = new Deferred<void>()
    const unsubscribe = this.subscribe(() => {
      if (this.#underWay.size === 0) over.resolve()
    })
    const timer = setTimeout(() => over.resolve(), patience)
    await over.promise
    clearTimeout(timer)
    unsubscribe()
  }

  /** Starts nothing more; the runs under way are left for the next start of the host. */
  close(): void {
    this.#isStopping = true
    this.#closed = true
    try {
      this.#store.suspend()
    } catch (error) {
      this.#log(`That the host ends as it should cannot be written down: ${messageOf(error)}.`)
    }
    this.#announce({ type: 'closing' })
  }

  /** Queues what an earlier host process left behind. */
  #recover(): void {
    for (const { crashes, ...run } of this.#store.reopen()) {
      if (run.delivery === 'memory') {
        this.#abandon(run, 'The host ended before this run did, and its pictures were in memory only.')
      } else if (crashes >= MOST_CRASHES) {
        this.#abandon(run, `The host or its runner died ${crashes} times while this run was under way.`)
      } else {
        this.#queue.add(run)
        if (crashes > 0) this.#suspects.add(run.id)
        this.#nextNumber = Math.max(this.#nextNumber, Math.floor(Math.abs(run.number)) + 1)
      }
    }
    this.#keepOnly(this.#queue.ids())
    this.#pumpLater()
  }

  #abandon(run: Run, message: string): void {
    const { prompt } = this.#store.graph(run.id)
    const record = recordOf(
      { ...run, prompt },
      {
        runId: run.id,
        sequence: 0,
        time: Date.now(),
        type: 'failed',
        error: {
          node: null,
          nodeType: '',
          code: 'runner_lost',
          message,
          remedy: 'Send the run again, with a smaller picture or smaller tiles if it takes too much memory.',
          executed: [],
          inputs: {},
        },
      },
    )
    this.#store.finish(run.id, { record }, Date.now())
  }

  #open(id: string): Run | undefined {
    return this.#underWay.get(id)?.run ?? this.#queue.get(id)
  }

  #detach(id: string): void {
    this.room.giveBack(sizeOf(this.#attachments.get(id) ?? {}))
    this.#attachments.delete(id)
  }

  /** Starts as many runs as may be under way. */
  #pump(): void {
    while (this.#startNext());
  }

  /** @returns whether there was one that could be started */
  #startNext(): boolean {
    if (this.#isStopping || this.#underWay.size >= this.#mostAtOnce) return false
    // Clients of ComfyUI take all that they hear for the one run under way, so that each has one at most.
    const busy = new Set(this.active.flatMap(({ clientId }) => clientId ?? []))
    const run = this.#queue.next(({ clientId }) => clientId === undefined || !busy.has(clientId))
    if (run === undefined) return false
    const isBusy = this.#sweeping ?? this.#forgetting.get(run.id)
    if (isBusy !== undefined) {
      void isBusy.then(() => this.#pump())
      return false
    }
    this.#queue.take(run)
    const isStarted = this.#write(
      () => this.#store.start(run.id, Date.now()),
      () => this.#pump(),
    )
    if (isStarted) this.#execute(run)
    else this.#queue.add(run)
    return isStarted
  }

  /** As #pump, but later in time, so that whoever submits a run hears of its acceptance first. */
  #pumpLater(): void {
    setImmediate(() => this.#pump())
  }

  #execute(run: Run): void {
    const { prompt, outputs, extraData } = this.#store.graph(run.id)
    const active: ActiveRun = { ...run, prompt }
    const recorder = new RunRecorder(prompt)
    const attachments = this.#attachments.get(run.id) ?? {}
    const progress = new Progress(prompt, run.shape, this.#store.speeds)
    this.#underWay.set(run.id, { run: active, progress })
    this.#announce({ type: 'queue' })
    const request = {
      id: run.id,
      prompt,
      outputs,
      extraPnginfo: extraPnginfo(extraData),
      attachments,
      delivery: run.delivery,
    }
    const onEvent = (event: RunEvent) => {
      if (event.type === 'started') this.#begin(run.id)
      recorder.add(event)
      progress.add(event)
      this.#announce({ type: 'event', run: active, event })
    }
    const execution = this.#supervisor.execute(request, onEvent, {
      mayRunAgain: (isToBlame) => this.#mayRunAgain(run.id, isToBlame),
      isSuspect: this.#suspects.delete(run.id),
    })
    void execution.then(() => {
      const record = recorder.record()
      const lesson = record.status.completed ? { shape: run.shape, times: recorder.timesByClass() } : undefined
      this.#settle(active, { record, files: recorder.files, lesson }, Date.now())
    })
  }

  #begin(id: string): void {
    try {
      this.#store.begin(id)
    } catch (error) {
      this.#log(`The begin of a run cannot be written down: ${messageOf(error)}.`)
    }
  }

  /** Notes that the runner died under a run, where that may be to blame. */
  #mayRunAgain(id: string, isToBlame: boolean): boolean {
    if (!isToBlame) return true
    try {
      return this.#store.crash(id) < MOST_CRASHES
    } catch (error) {
      this.#log(`A death of the runner cannot be written down: ${messageOf(error)}.`)
      return true
    }
  }

  /** Puts a run under way into the history. It stays under way while that cannot be written. */
  #settle(run: ActiveRun, ending: Ending, now: number): void {
    if (this.#closed) return
    const isWritten = this.#write(
      () => this.#store.finish(run.id, ending, now),
      () => this.#settle(run, ending, now),
    )
    if (!isWritten) return
    this.#detach(run.id)
    this.#underWay.delete(run.id)
    this.#announce({ type: 'queue' })
    this.#announce({ type: 'settled', run })
    if (run.delivery === 'files') this.#forget([run.id])
    this.#pump()
  }

  /**
   * Writes down the state of the runs. A full disk, or a database that somebody else holds, is so for a while.
   * @param again called later where it cannot be written
   * @returns whether it is
   */
  #write(work: () => void, again: () => void): boolean {
    try {
      this.#isUnwritten = false
      work()
      return true
    } catch (error) {
      this.#log(`The state of the runs cannot be written, and is tried again: ${messageOf(error)}.`)
      this.#isUnwritten = knownFailure(error)?.code === 'disk_full'
      setTimeout(() => {
        this.#isUnwritten = false
        again()
      }, PAUSE).unref()
      return false
    }
  }

  /** What they have delivered need not be known any more; a run of the same id waits until it is not. */
  #forget(ids: readonly string[]): void {
    const done = this.#receipts.forget(ids).catch(() => undefined)
    for (const id of ids) this.#forgetting.set(id, done)
    void done.then(() => {
      for (const id of ids) if (this.#forgetting.get(id) === done) this.#forgetting.delete(id)
    })
  }

  /** Sweeps out what an earlier host left of runs that had ended; no run starts before that is done. */
  #keepOnly(ids: readonly string[]): void {
    const done = this.#receipts.keepOnly(ids).catch(() => undefined)
    this.#sweeping = done
    void done.then(() => {
      this.#sweeping = undefined
    })
  }

  /**
   * Forgets a few records in each turn of the event loop, so that everything else goes on: there may be gigabytes of them.
   * @param forget at most `limit` of them; says how many
   */
  async #forgetInTurns(forget: (limit: number) => number): Promise<number> {
    let total = 0
    for (let forgotten = BATCH; forgotten === BATCH && !this.#closed; await nextTurn()) {
      forgotten = forget(BATCH)
      total += forgotten
    }
    return total
  }

  #announce(change: RunChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function interruptionOf(id: string, time: number): RunEvent {
  return { runId: id, sequence: 0, time, type: 'interrupted', node: null, executed: [] }
}

/** The record of a run of which nothing but its end is known. */
function recordOf({ prompt }: ActiveRun, event: RunEvent): RunRecord {
  const recorder = new RunRecorder(prompt)
  recorder.add(event)
  return recorder.record()
}

/** Bytes of the pictures that come with a run. */
function sizeOf(attachments: Submission['attachments']): number {
  return Object.values(attachments).reduce((sum, { length }) => sum + length, 0)
}

function* queueText(store: RunStore, running: readonly string[], waiting: readonly string[]): Generator<string> {
  yield '{"queue_running":['
  yield* itemTexts(store, running)
  yield '],"queue_pending":['
  yield* itemTexts(store, waiting)
  yield ']}'
}

function* itemTexts(store: RunStore, ids: readonly string[]): Generator<string> {
  let separator = ''
  for (const id of ids) {
    const text = store.itemText(id)
    if (text === undefined) continue
    yield separator + text
    separator = ','
  }
}

function extraPnginfo(extraData: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return entryOf(extraData.extra_pnginfo) ?? {}
}
