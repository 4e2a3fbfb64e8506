import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deferred } from '../../../server/concurrency/deferred.ts'
import { openDatabase } from '../../../server/database/database.ts'
import { Narration } from '../../../server/narration/narration.ts'
import type { RunEvent, RunEventBody } from '../../../server/protocol/events.ts'
import type { JobStatus } from '../../../server/protocol/jobs.ts'
import type { RunRequest } from '../../../server/runner/messages.ts'
import { Runs } from '../../../server/runs/runs.ts'
import { RunStore } from '../../../server/runs/store.ts'
import type { ExecuteOptions, MayRunAgain } from '../../../server/runs/supervisor.ts'
import { fakeGraph } from './fake-host.ts'

/** Whatever is asked in whatever order, all who look see the same. */

interface Held {
  readonly onEvent: (event: RunEvent) => void
  readonly mayRunAgain: MayRunAgain
  readonly done: Deferred<void>
}

/** A runner in the hand of the test: it ends runs, fails or dies when it is told to. */
class HeldRunner {
  readonly #held = new Map<string, Held>()
  /** Whether the runs that it was given were known to have crashed. */
  readonly suspects = new Map<string, boolean>()
  #sequence = 0

  execute(
    run: RunRequest,
    onEvent: (event: RunEvent) => void,
    { mayRunAgain = () => false, isSuspect = false }: ExecuteOptions = {},
  ): Promise<void> {
    this.suspects.set(run.id, isSuspect)
    const done = new Deferred<void>()
    this.#held.set(run.id, { onEvent, mayRunAgain, done })
    this.#emit(run.id, { type: 'started' })
    return done.promise
  }

  cancel(id: string): void {
    if (this.#held.has(id)) this.end(id, { type: 'interrupted', node: null, executed: [] })
  }

  /** Dies; its runs start again or, when they have been started too often, fail. @returns those that have ended */
  die(areSuspects: boolean): string[] {
    return [...this.#held].flatMap(([id, { mayRunAgain }]) => {
      if (mayRunAgain(areSuspects)) {
        this.#emit(id, { type: 'started' })
        return []
      }
      this.end(id, FAILED)
      return [id]
    })
  }

  end(id: string, body: Extract<RunEventBody, { type: 'succeeded' | 'failed' | 'interrupted' }>): void {
    this.#emit(id, body)
    this.#held.get(id)?.done.resolve()
    this.#held.delete(id)
  }

  #emit(id: string, body: RunEventBody): void {
    this.#held.get(id)!.onEvent({ runId: id, sequence: this.#sequence++, time: 0, ...body })
  }
}

const FAILED = {
  type: 'failed' as const,
  error: { node: null, nodeType: '', code: 'runner_lost', message: '', remedy: '', executed: [], inputs: {} },
}

interface ModelRun {
  readonly id: string
  readonly number: number
  readonly order: number
  readonly client: string | undefined
  /** How often the runner has died under it, and whether it had before the present host. */
  crashes: number
  hasCrashedBefore: boolean
}

/** What should be. */
interface Model {
  readonly atOnce: number
  readonly waiting: ModelRun[]
  readonly active: ModelRun[]
  readonly ended: Map<string, JobStatus>
  order: number
  nextNumber: number
}

/** What is, and every way to look at it. */
class Real {
  readonly store = new RunStore(openDatabase(':memory:'))
  runner = new HeldRunner()
  runs!: Runs
  narration!: Narration
  /** What a socket that hears everything last heard of the queue. */
  heardRemaining = 0
  readonly ends = new Map<string, number>()
  readonly #atOnce: number

  constructor(atOnce: number) {
    this.#atOnce = atOnce
    this.open()
  }

  open(): void {
    this.runner = new HeldRunner()
    this.runs = new Runs({
      store: this.store,
      supervisor: this.runner,
      receipts: { forget: async () => undefined, keepOnly: async () => undefined },
      mostAtOnce: this.#atOnce,
    })
    this.narration = new Narration(this.runs)
    this.heardRemaining = this.runs.remaining
    this.runs.subscribe((change) => {
      if (change.type === 'queue') this.heardRemaining = this.runs.remaining
      this.#look()
    })
    this.narration.subscribe(({ telling }, run) => {
      const { message } = telling as Extract<typeof telling, { kind: 'message' }>
      if (message.type === 'executing' && message.data.node === null) {
        this.ends.set(run.id, (this.ends.get(run.id) ?? 0) + 1)
        expect(this.runs.recordText(run.id)).not.toBe('{}')
      }
    })
  }

  /** At any moment at which somebody hears something, a run is in exactly one place. */
  #look(): { running: string[]; pending: string[]; history: string[] } {
    const queue = JSON.parse([...this.runs.queueText()].join(''))
    const history = Object.keys(JSON.parse([...this.runs.historyText({})].join('')))
    const [running, pending] = [queue.queue_running, queue.queue_pending].map((items: [number, string][]) =>
      items.map(([, id]) => id),
    ) as [string[], string[]]
    expect(new Set([...running, ...pending, ...history]).size).toBe(running.length + pending.length + history.length)
    expect(this.runs.remaining).toBe(running.length + pending.length)
    return { running, pending, history }
  }

  check(model: Model): void {
    const { running, pending, history } = this.#look()
    expect(running).toEqual(model.active.map(({ id }) => id))
    for (const { id, hasCrashedBefore } of model.active) expect(this.runner.suspects.get(id)).toBe(hasCrashedBefore)
    expect(pending).toEqual(model.waiting.map(({ id }) => id))
    expect(new Set(history)).toEqual(new Set(model.ended.keys()))
    expect(this.heardRemaining).toBe(this.runs.remaining)
    const { jobs } = this.runs.jobs({ status: [], sort_by: 'created_at', sort_order: 'asc', limit: 1000, offset: 0 })
    const expected = new Map<string, JobStatus>(model.ended)
    for (const { id } of model.waiting) expected.set(id, 'pending')
    for (const { id } of model.active) expected.set(id, 'in_progress')
    expect(new Map(jobs.map(({ id, status }) => [id, status]))).toEqual(expected)
    for (const [id, status] of expected) {
      expect(this.runs.job(id)?.status).toBe(status)
      expect(this.runs.isOpen(id)).toBe(status === 'pending' || status === 'in_progress')
      expect(this.runs.recordText(id) !== '{}').toBe(model.ended.has(id))
      expect(this.narration.since(id, -1)).toMatchObject({ hasEnded: model.ended.has(id) })
    }
  }
}

/** Lets the queue take its next runs, as it does a moment later. */
async function settle({ atOnce, waiting, active }: Model): Promise<void> {
  for (let i = 0; i < 4; i++) await setImmediate()
  while (active.length < atOnce) {
    const next = waiting.findIndex(({ client }) => client === undefined || active.every((run) => run.client !== client))
    if (next < 0) return
    active.push(...waiting.splice(next, 1))
  }
}

type Step = fc.AsyncCommand<Model, Real>

function step(name: string, run: (model: Model, real: Real) => void, rest: () => string = () => ''): Step {
  return {
    check: () => true,
    run: async (model, real) => {
      run(model, real)
      await settle(model)
      real.check(model)
    },
    toString: () => `${name} ${rest()}`,
  }
}

/** An id of those that there were, or of none. */
const ids = Array.from({ length: 6 }, (_, i) => `run ${i}`)
const anyId = fc.constantFrom(...ids, 'unknown')

function end({ active, ended }: Model, id: string, status: JobStatus): void {
  const index = active.findIndex((run) => run.id === id)
  if (index < 0) return
  active.splice(index, 1)
  ended.set(id, status)
}

function removeWaiting(model: Model, id: string): void {
  const index = model.waiting.findIndex((run) => run.id === id)
  if (index < 0) return
  model.waiting.splice(index, 1)
  model.ended.set(id, 'cancelled')
}

const submit = fc
  .record({
    id: fc.constantFrom(...ids),
    number: fc.option(fc.integer({ min: -3, max: 3 })),
    front: fc.boolean(),
    client: fc.constantFrom(undefined, 'A', 'B'),
  })
  .map(({ id, number, front, client }) =>
    step(
      'submit',
      (model, real) => {
        const isOpen = [...model.active, ...model.waiting].some((run) => run.id === id)
        const order = {
          id,
          number: number ?? undefined,
          front,
          prompt: fakeGraph('succeed'),
          outputs: ['1'],
          extraData: client === undefined ? {} : { client_id: client },
          delivery: 'files' as const,
          attachments: {},
        }
        if (isOpen) {
          expect(real.runs.submit(order).id).toBe(id)
          expect(() => real.runs.submit({ ...order, prompt: fakeGraph('fail') })).toThrow(/in the queue/)
          return
        }
        real.runs.submit(order)
        model.ended.delete(id)
        const chosen = number ?? (front ? -model.nextNumber : model.nextNumber)
        model.nextNumber += 1
        model.waiting.push({ id, number: chosen, order: model.order++, client, crashes: 0, hasCrashedBefore: false })
        model.waiting.sort((a, b) => a.number - b.number || a.order - b.order)
      },
      () => `${id} ${number ?? ''} ${front ? 'front' : ''}`,
    ),
  )

const commands: fc.Arbitrary<Step>[] = [
  submit,
  submit,
  anyId.map((id) =>
    step(
      'delete',
      (model, real) => {
        real.runs.remove([id])
        removeWaiting(model, id)
      },
      () => id,
    ),
  ),
  anyId.map((id) =>
    step(
      'cancel',
      (model, real) => {
        real.runs.cancel([id])
        removeWaiting(model, id)
        end(model, id, 'cancelled')
      },
      () => id,
    ),
  ),
  fc.option(anyId).map((id) =>
    step(
      'interrupt',
      (model, real) => {
        real.runs.interrupt(id ?? undefined)
        for (const run of id === null ? model.active.map((run) => run.id) : [id]) end(model, run, 'cancelled')
      },
      () => id ?? '',
    ),
  ),
  fc.constant(
    step('clear', (model, real) => {
      real.runs.clear()
      for (const { id } of [...model.waiting]) removeWaiting(model, id)
    }),
  ),
  anyId.map((id) =>
    step(
      'forget',
      (model, real) => {
        void real.runs.removeHistory([id])
        model.ended.delete(id)
      },
      () => id,
    ),
  ),
  fc.constant(
    step('forget all', (model, real) => {
      void real.runs.clearHistory()
      model.ended.clear()
    }),
  ),
  fc.tuple(fc.constantFrom<'completed' | 'failed'>('completed', 'failed'), fc.nat(2)).map(([status, place]) =>
    step(
      status,
      (model, real) => {
        const run = model.active[place % model.active.length]
        if (run === undefined) return
        real.runner.end(run.id, status === 'completed' ? { type: 'succeeded' } : FAILED)
        end(model, run.id, status)
      },
      () => `${place}`,
    ),
  ),
  fc.constant(
    step('the runner dies', (model, real) => {
      for (const run of model.active) run.crashes += 1
      const lost = model.active.filter(({ crashes }) => crashes >= 3).map(({ id }) => id)
      expect(real.runner.die(true)).toEqual(lost)
      for (const id of lost) end(model, id, 'failed')
    }),
  ),
  fc.constant(
    step('the runner is killed for another run', (_, real) => {
      expect(real.runner.die(false)).toEqual([])
    }),
  ),
  fc.constantFrom('stopped', 'killed').map((how) =>
    step(`the host is ${how}`, (model, real) => {
      if (how === 'stopped') real.runs.close()
      real.narration.close()
      real.open()
      for (const run of model.active.splice(0)) {
        if (how === 'killed') run.crashes += 1
        if (run.crashes >= 3) model.ended.set(run.id, 'failed')
        else model.waiting.push(run)
      }
      for (const run of model.waiting) run.hasCrashedBefore = run.crashes > 0
      model.waiting.sort((a, b) => a.number - b.number || a.order - b.order)
      model.nextNumber = Math.max(0, ...model.waiting.map(({ number }) => Math.floor(Math.abs(number)) + 1))
    }),
  ),
]

/** How many runs may be under way. */
const places = fc.integer({ min: 1, max: 3 })

test('queue, running, history, jobs and messages agree after any interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(places, fc.commands(commands, { maxCommands: 40, size: 'max' }), async (atOnce, steps) => {
      const real = new Real(atOnce)
      const model: Model = { atOnce, waiting: [], active: [], ended: new Map(), order: 0, nextNumber: 0 }
      await fc.asyncModelRun(() => ({ model, real }), steps)
      // At the end all can be got rid of.
      real.runs.clear()
      real.runs.interrupt()
      for (let i = 0; i < 4; i++) await setImmediate()
      expect(real.runs.remaining).toBe(0)
    }),
    { numRuns: 150 },
  )
}, 120_000)
