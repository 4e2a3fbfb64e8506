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
import { fakeGraph } from './fake-host.ts'

/** Whatever is asked in whatever order, all who look see the same. */

/** A runner in the hand of the test: it ends a run, fails or dies when it is told to. */
class HeldRunner {
  #held:
    | { run: RunRequest; onEvent: (event: RunEvent) => void; mayRunAgain: () => boolean; done: Deferred<void> }
    | undefined
  #sequence = 0

  execute(
    run: RunRequest,
    onEvent: (event: RunEvent) => void,
    mayRunAgain: () => boolean = () => false,
  ): Promise<void> {
    const done = new Deferred<void>()
    this.#held = { run, onEvent, mayRunAgain, done }
    this.#emit({ type: 'started' })
    return done.promise
  }

  cancel(id: string): void {
    if (this.#held?.run.id === id) this.end({ type: 'interrupted', node: null, executed: [] })
  }

  /** Dies; the run starts again or, when it has been started too often, fails. @returns whether it has ended */
  die(): boolean {
    if (this.#held === undefined) return false
    if (this.#held.mayRunAgain()) {
      this.#emit({ type: 'started' })
      return false
    }
    this.end(FAILED)
    return true
  }

  end(body: Extract<RunEventBody, { type: 'succeeded' | 'failed' | 'interrupted' }>): void {
    this.#emit(body)
    this.#held?.done.resolve()
    this.#held = undefined
  }

  #emit(body: RunEventBody): void {
    const { run, onEvent } = this.#held!
    onEvent({ runId: run.id, sequence: this.#sequence++, time: 0, ...body })
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
  /** How often the runner has died under it. */
  crashes: number
}

/** What should be. */
interface Model {
  readonly waiting: ModelRun[]
  active: ModelRun | undefined
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

  constructor() {
    this.open()
  }

  open(): void {
    this.runner = new HeldRunner()
    this.runs = new Runs({
      store: this.store,
      supervisor: this.runner,
      receipts: { forget: async () => undefined, keepOnly: async () => undefined },
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
    expect(running).toEqual(model.active === undefined ? [] : [model.active.id])
    expect(pending).toEqual(model.waiting.map(({ id }) => id))
    expect(new Set(history)).toEqual(new Set(model.ended.keys()))
    expect(this.heardRemaining).toBe(this.runs.remaining)
    const { jobs } = this.runs.jobs({ status: [], sort_by: 'created_at', sort_order: 'asc', limit: 1000, offset: 0 })
    const expected = new Map<string, JobStatus>(model.ended)
    for (const { id } of model.waiting) expected.set(id, 'pending')
    if (model.active !== undefined) expected.set(model.active.id, 'in_progress')
    expect(new Map(jobs.map(({ id, status }) => [id, status]))).toEqual(expected)
    for (const [id, status] of expected) {
      expect(this.runs.job(id)?.status).toBe(status)
      expect(this.runs.isOpen(id)).toBe(status === 'pending' || status === 'in_progress')
      expect(this.runs.recordText(id) !== '{}').toBe(model.ended.has(id))
      expect(this.narration.since(id, -1)).toMatchObject({ hasEnded: model.ended.has(id) })
    }
  }
}

/** Lets the queue take its next run, as it does a moment later. */
async function settle(model: Model): Promise<void> {
  for (let i = 0; i < 4; i++) await setImmediate()
  model.active ??= model.waiting.shift()
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

function end(model: Model, status: JobStatus): void {
  if (model.active === undefined) return
  model.ended.set(model.active.id, status)
  model.active = undefined
}

function removeWaiting(model: Model, id: string): void {
  const index = model.waiting.findIndex((run) => run.id === id)
  if (index < 0) return
  model.waiting.splice(index, 1)
  model.ended.set(id, 'cancelled')
}

const submit = fc
  .record({ id: fc.constantFrom(...ids), number: fc.option(fc.integer({ min: -3, max: 3 })), front: fc.boolean() })
  .map(({ id, number, front }) =>
    step(
      'submit',
      (model, real) => {
        const isOpen = model.active?.id === id || model.waiting.some((run) => run.id === id)
        const order = {
          id,
          number: number ?? undefined,
          front,
          prompt: fakeGraph('succeed'),
          outputs: ['1'],
          extraData: {},
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
        model.waiting.push({ id, number: chosen, order: model.order++, crashes: 0 })
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
        if (model.active?.id === id) end(model, 'cancelled')
      },
      () => id,
    ),
  ),
  fc.option(anyId).map((id) =>
    step(
      'interrupt',
      (model, real) => {
        real.runs.interrupt(id ?? undefined)
        if (id === null || model.active?.id === id) end(model, 'cancelled')
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
  fc.constantFrom<'completed' | 'failed'>('completed', 'failed').map((status) =>
    step(status, (model, real) => {
      if (model.active === undefined) return
      real.runner.end(status === 'completed' ? { type: 'succeeded' } : FAILED)
      end(model, status)
    }),
  ),
  fc.constant(
    step('the runner dies', (model, real) => {
      if (model.active === undefined) return
      model.active.crashes += 1
      if (real.runner.die()) {
        expect(model.active.crashes).toBeGreaterThanOrEqual(3)
        end(model, 'failed')
      }
    }),
  ),
  fc.constantFrom('stopped', 'killed').map((how) =>
    step(`the host is ${how}`, (model, real) => {
      if (how === 'stopped') real.runs.close()
      real.narration.close()
      real.open()
      const { active } = model
      if (active !== undefined && how === 'killed') active.crashes += 1
      if (active !== undefined && active.crashes >= 3) end(model, 'failed')
      else if (active !== undefined) {
        model.waiting.push(active)
        model.waiting.sort((a, b) => a.number - b.number || a.order - b.order)
        model.active = undefined
      }
      model.nextNumber = Math.max(0, ...model.waiting.map(({ number }) => Math.floor(Math.abs(number)) + 1))
    }),
  ),
]

test('queue, running, history, jobs and messages agree after any interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (steps) => {
      const real = new Real()
      const model: Model = { waiting: [], active: undefined, ended: new Map(), order: 0, nextNumber: 0 }
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
