import { isResult, sizeOf } from '../protocol/frames.ts'
import { type ExecutionMessage, executionMessageSchema, type ServerMessage } from '../protocol/messages.ts'
import type { Job } from '../runs/job.ts'
import type { RunRecord } from '../runs/record.ts'
import type { ActiveRun } from '../runs/run.ts'
import type { RunChange, Runs } from '../runs/runs.ts'
import { Narrator, type Telling } from './narrator.ts'

/** One thing that is told of a run; its number is greater than those of all that was told of the run before. */
export interface Told {
  readonly sequence: number
  readonly telling: Telling
}

/** Who hears: everybody, in the order of the runs. */
export type Listen = (told: Told, run: ActiveRun) => void

/** What was told of a run after a message. */
export interface Past {
  readonly told: readonly Told[]
  /** Whether all has been told. */
  readonly hasEnded: boolean
  /** Whether more was told than is kept: whoever waits for pictures may have missed some. */
  readonly hasGap: boolean
}

/** Bytes of frames that are kept of all runs; the newest frame is kept even if it alone has more. */
export const KEPT_BYTES = 128 << 20
/** Runs of which the messages are kept, those that have ended included, and how many of all of them. */
const MOST_RUNS = 64
const MOST_TOLD = 20_000

interface Log {
  readonly told: Told[]
  bytes: number
  hasEnded: boolean
  /** The number of the last thing that is no longer kept. */
  gap: number
}

/**
 * Tells every run in ComfyUI's messages, numbers them and keeps them for a while, so that a client that was away gets
 * what it missed. Numbers grow over restarts of the host too, with gaps.
 */
export class Narration {
  readonly #runs: Runs
  readonly #logs = new Map<string, Log>()
  readonly #listeners = new Set<Listen>()
  readonly #unsubscribe: () => void
  /** Of the runs under way, and of those that are cancelled before they were. */
  readonly #narrators = new Map<string, Narrator>()
  #sequence = firstSequence(Date.now())
  #told = 0
  #bytes = 0

  constructor(runs: Runs) {
    this.#runs = runs
    this.#unsubscribe = runs.subscribe((change) => this.#onChange(change))
  }

  close(): void {
    this.#unsubscribe()
  }

  /** The node that began last in a run under way. */
  lastNode(run: string): string | null {
    return this.#narrators.get(run)?.lastNode ?? null
  }

  /** Calls back at everything that is told until the returned function is called. */
  subscribe(listen: Listen): () => void {
    this.#listeners.add(listen)
    return () => this.#listeners.delete(listen)
  }

  /**
   * What was told of a run after the message of a number; of a run whose messages are no longer kept, what its record
   * says, under numbers that follow from when it ended. A number that was not given yet is of a host whose clock was ahead,
   * and says nothing of what was heard. Undefined for a run that nobody knows.
   */
  since(run: string, after: number): Past | undefined {
    if (!this.#runs.isKnown(run)) return undefined
    const log = this.#logs.get(run)
    // The messages of an earlier run of the same id are not this one's.
    const isStale = log?.hasEnded === true && this.#runs.isOpen(run)
    if (log !== undefined && !isStale) {
      const isAhead = after >= this.#sequence
      const told = isAhead ? log.told : log.told.filter(({ sequence }) => sequence > after)
      return { told: [...told], hasEnded: log.hasEnded, hasGap: isAhead || after < log.gap }
    }
    const job = this.#runs.job(run)
    if (job === undefined) return undefined
    if (job.record === undefined) return { told: [], hasEnded: false, hasGap: after >= this.#sequence }
    const all = recorded(job, job.record)
    const last = all.at(-1)?.sequence ?? 0
    return {
      told: all.filter(({ sequence }) => after > last || sequence > after),
      hasEnded: true,
      hasGap: after !== last,
    }
  }

  #onChange(change: RunChange): void {
    if (change.type !== 'event' && change.type !== 'settled') return
    const { run } = change
    let narrator = this.#narrators.get(run.id)
    if (change.type === 'settled') {
      this.#narrators.delete(run.id)
      if (narrator !== undefined) this.#tell(run, { kind: 'message', message: narrator.end() }, true)
      return
    }
    if (change.event.type === 'started' || narrator === undefined) {
      narrator = new Narrator(run)
      this.#narrators.set(run.id, narrator)
    }
    for (const telling of narrator.tell(change.event)) this.#tell(run, telling, false)
  }

  #tell(run: ActiveRun, telling: Telling, isLast: boolean): void {
    const told = { sequence: this.#sequence++, telling }
    this.#keep(run.id, told, isLast)
    for (const listen of this.#listeners) listen(told, run)
  }

  /** Previews are not kept: a late one is worth nothing. */
  #keep(id: string, told: Told, isLast: boolean): void {
    let log = this.#logs.get(id)
    if (log?.hasEnded === true) {
      this.#drop(id, log)
      log = undefined
    }
    if (log === undefined) {
      log = { told: [], bytes: 0, hasEnded: false, gap: Number.NEGATIVE_INFINITY }
      this.#logs.set(id, log)
    }
    log.hasEnded = isLast
    const { telling } = told
    if (telling.kind === 'message' || telling.frame.type === 'text' || isResult(telling.frame)) {
      log.told.push(told)
      this.#told += 1
      this.#count(log, bytesOf(told))
    }
    this.#makeRoom()
  }

  /** The oldest runs that have ended go first, then the oldest frames of those under way. */
  #makeRoom(): void {
    for (const areOver of [true, false]) {
      for (const [id, log] of this.#logs) {
        if (this.#logs.size <= MOST_RUNS && this.#told <= MOST_TOLD && this.#bytes <= KEPT_BYTES) return
        if (log.hasEnded !== areOver) continue
        if (areOver) this.#drop(id, log)
        else this.#shorten(log)
      }
    }
  }

  #shorten(log: Log): void {
    while (this.#bytes > KEPT_BYTES) {
      const oldest = log.told.findIndex((told) => bytesOf(told) > 0)
      const dropped = log.told[oldest]
      if (dropped === undefined || bytesOf(dropped) === log.bytes) return
      log.told.splice(oldest, 1)
      log.gap = dropped.sequence
      this.#told -= 1
      this.#count(log, -bytesOf(dropped))
    }
  }

  #count(log: Log, bytes: number): void {
    log.bytes += bytes
    this.#bytes += bytes
  }

  #drop(id: string, log: Log): void {
    this.#logs.delete(id)
    this.#told -= log.told.length
    this.#bytes -= log.bytes
  }
}

/** What a frame takes up; messages are small beside it. */
function bytesOf({ telling }: Told): number {
  return telling.kind === 'message' ? 0 : sizeOf(telling.frame)
}

/** Greater than any number that an earlier host gave, unless that told a million things a second or its clock was ahead. */
function firstSequence(now: number): number {
  return Math.max(0, now - 1.7e12) * 2 ** 10
}

/** The messages that the record of a run has; their numbers are greater than those under which they were told. */
function recorded({ id, endedAt = 0 }: Job, { status, outputs }: RunRecord): Told[] {
  const messages: ServerMessage[] = status.messages.flatMap(([type, data]) => known(type, data))
  const last = messages.pop()
  for (const [node, output] of Object.entries(outputs)) {
    messages.push({ type: 'executed', data: { node, display_node: node, output: { ...output }, prompt_id: id } })
  }
  if (last !== undefined) messages.push(last)
  messages.push({ type: 'executing', data: { node: null, prompt_id: id } })
  const first = firstSequence(endedAt)
  return messages.map((message, i) => ({ sequence: first + i, telling: { kind: 'message', message } }))
}

function known(type: string, data: unknown): ExecutionMessage[] {
  const parsed = executionMessageSchema.safeParse({ type, data })
  return parsed.success ? [parsed.data] : []
}
