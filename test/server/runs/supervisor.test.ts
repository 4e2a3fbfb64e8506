import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../../server/protocol/events.ts'
import type { RunnerOptions, RunRequest } from '../../../server/runner/messages.ts'
import { type MayRunAgain, Supervisor, type SupervisorOptions } from '../../../server/runs/supervisor.ts'
import { fakeGraph, fakeRunner, until } from './fake-host.ts'

const runner: RunnerOptions = {
  inputRoot: '',
  outputRoot: '',
  tempRoot: '',
  receiptsRoot: '',
  modelRoots: [],
  device: 'cpu',
  threads: 1,
  maxPixels: 1,
  cacheBytes: 0,
  diskCacheBytes: 0,
  cacheRoot: 'cache',
  saveMetadata: false,
}

let supervisor: Supervisor
afterEach(() => supervisor.close())

function start(options: Partial<SupervisorOptions> = {}): void {
  supervisor = new Supervisor({ ...fakeRunner, runner, firstPause: 10, ...options })
}

async function execute(
  behaviour: string,
  onEvent: (event: RunEvent) => void = () => undefined,
  mayRunAgain: MayRunAgain | undefined = undefined,
  id = behaviour,
  isSuspect = false,
): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  const run: RunRequest = {
    id,
    prompt: fakeGraph(behaviour),
    outputs: ['1'],
    extraPnginfo: {},
    attachments: {},
    delivery: 'files',
  }
  const onEach = (event: RunEvent) => {
    events.push(event)
    onEvent(event)
  }
  await supervisor.execute(run, onEach, { ...(mayRunAgain && { mayRunAgain }), isSuspect })
  return events
}

test('a runner that cannot be started is started when it can be', async () => {
  const { execPath } = process
  process.execPath = '/nowhere/node'
  const log: string[] = []
  start({ log: (line) => log.push(line) })
  const events = execute('succeed')
  await until(() => log.find((line) => line.includes('ended: spawn /nowhere/node ENOENT')))
  process.execPath = execPath
  expect((await events).at(-1)?.type).toBe('succeeded')
})

describe('a run that takes longer than it may', () => {
  test.for(['steps 1000', 'hang'])('%s has failed at its node, and the next run works', async (behaviour) => {
    start({ timeLimit: 200, gracePeriod: 100 })
    const events = await execute(behaviour)
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'run_timed_out', node: '1', nodeType: 'Fake', message: expect.stringContaining('0.2 s') },
    })
    expect((await execute('succeed')).at(-1)?.type).toBe('succeeded')
  })

  test('but was cancelled by somebody before, was cancelled', async () => {
    start({ timeLimit: 1000, gracePeriod: 2000 })
    const events = await execute('hang', ({ type }) => {
      if (type === 'node_started') supervisor.cancel('hang')
    })
    expect(events.at(-1)?.type).toBe('interrupted')
  })
})

describe('a runner that dies', () => {
  test('fails the run with runner_lost, naming the node, and the next run works', async () => {
    start()
    const events = await execute('crash')
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'runner_lost', node: '1', nodeType: 'Fake', message: expect.stringMatching(/SIGKILL.*node 1/) },
    })
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index))
    expect((await execute('succeed')).at(-1)?.type).toBe('succeeded')
  })

  test('before it is ready, however often, is waited for by a run that may be run again', async () => {
    const log: string[] = []
    const options = { ...runner, device: 'webgpu' as RunnerOptions['device'] }
    start({ runner: options, log: (line) => log.push(line) })
    const events = execute('succeed', undefined, () => true)
    await until(() => (log.length >= 5 ? true : undefined))
    expect(supervisor.trouble).toMatchObject({ code: 'runner_lost', message: expect.stringContaining('exit code 3') })
    options.device = 'cpu'
    expect((await events).at(-1)?.type).toBe('succeeded')
    expect(supervisor.trouble).toBeUndefined()
  })

  test('before it is ready, again and again, fails a run that is not to be run again', async () => {
    start({ runner: { ...runner, device: 'webgpu' } })
    const events = await execute('succeed')
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'runner_lost', message: expect.stringContaining('exit code 3') },
    })
  })
})

test('a runner that says that it will never work is not started again, and its words are passed on', async () => {
  const lines: string[] = []
  start({ runner: { ...runner, device: 'cuda' }, log: (line) => lines.push(line) })
  await expect(supervisor.ready()).rejects.toMatchObject({ code: 'device_unavailable', message: 'No CUDA.' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  await expect(supervisor.ready()).rejects.toMatchObject({ code: 'device_unavailable' })
  expect(lines).toEqual([])
})

test('a runner that says that it will not work where one did is started again', async () => {
  const options = { ...runner }
  start({ runner: options })
  await supervisor.ready()
  options.device = 'cuda'
  const done = execute(
    'crash',
    () => undefined,
    () => true,
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  options.device = 'cpu'
  supervisor.cancel('crash')
  expect((await done).at(-1)?.type).toBe('interrupted')
  expect((await execute('succeed', undefined, () => true)).at(-1)?.type).toBe('succeeded')
})

describe('a run that finds no room on the disk', () => {
  const temp = mkdtempSync(join(tmpdir(), 'gendr-full-'))
  const withTemp = { runner: { ...runner, tempRoot: temp } }
  afterAll(() => rmSync(temp, { recursive: true }))

  test('is begun anew until there is room, and nobody hears that it has failed', async () => {
    const log: string[] = []
    start({ ...withTemp, log: (line) => log.push(line) })
    const seen: boolean[] = []
    const events = await execute(
      'full 3',
      () => seen.push(supervisor.isDiskFull),
      () => true,
    )
    expect(events.map(({ type }) => type).filter((type) => type !== 'cached' && !type.startsWith('node_'))).toEqual([
      ...['started', 'started', 'started', 'started'],
      'succeeded',
    ])
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index))
    expect([seen[0], seen.at(-1), supervisor.isDiskFull]).toEqual([false, true, false])
    expect(log).toEqual([expect.stringMatching(/disk .* is full\. Run full 3 goes on when there is room/)])
  })

  test('has not used the time that it may take while it waited', async () => {
    start({ ...withTemp, timeLimit: 400, firstPause: 300 })
    expect((await execute('full 2', undefined, () => true)).at(-1)?.type).toBe('succeeded')
  })

  test('can be cancelled while it waits', async () => {
    start({ ...withTemp, firstPause: 60_000 })
    const done = execute('full', undefined, () => true)
    await until(() => (supervisor.isDiskFull ? true : undefined))
    supervisor.cancel('full')
    expect((await done).at(-1)?.type).toBe('interrupted')
    expect((await execute('succeed')).at(-1)?.type).toBe('succeeded')
  })

  test('keeps nobody waiting who needs none, also not one that may have ended the process', async () => {
    start({ ...withTemp, firstPause: 60_000 })
    const again = () => true
    const full = execute('full', undefined, again, 'full')
    await until(() => (supervisor.isDiskFull ? true : undefined))
    expect((await execute('steps 3', undefined, again, 'suspect', true)).at(-1)?.type).toBe('succeeded')
    supervisor.cancel('full')
    expect((await full).at(-1)?.type).toBe('interrupted')
  })

  test('was cancelled where that was asked for while it looked for room', async () => {
    start({ ...withTemp, gracePeriod: 60_000 })
    const cancel = ({ type }: RunEvent) => {
      if (type === 'node_started') supervisor.cancel('full')
    }
    expect((await execute('full', cancel, () => true)).at(-1)?.type).toBe('interrupted')
  })

  test('has failed where nobody would begin it anew', async () => {
    start(withTemp)
    expect((await execute('full')).at(-1)).toMatchObject({ type: 'failed', error: { code: 'disk_full' } })
  })
})

describe('cancelling', () => {
  test('lets the runner end the run by itself', async () => {
    start({ gracePeriod: 60_000 })
    const events = await execute('steps 10000', (event) => {
      if (event.type === 'node_progress') supervisor.cancel('steps 10000')
    })
    expect(events.at(-1)).toMatchObject({ type: 'interrupted', node: '1' })
  })

  test('kills a runner that does not heed it after the grace period, and starts another', async () => {
    start({ gracePeriod: 50 })
    const events = await execute('hang', (event) => {
      if (event.type === 'node_started') supervisor.cancel('hang')
    })
    expect(events.at(-1)).toMatchObject({ type: 'interrupted', node: '1' })
    expect((await execute('succeed')).at(-1)?.type).toBe('succeeded')
  })

  test('before a runner is ready ends the run at once, and leaves the runner to start', async () => {
    const log: string[] = []
    const entry = join(import.meta.dirname, 'never-ready-runner.mjs')
    start({ entry, gracePeriod: 50, log: (line) => log.push(line) })
    const done = execute('succeed', undefined, () => true)
    supervisor.cancel('succeed')
    expect((await done).map((event) => event.type)).toEqual(['interrupted'])
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(log).toEqual([])
  })

  test('while the runner that died under the run is started again ends it at once', async () => {
    start({ firstPause: 60_000 })
    const events = await execute('crash', undefined, () => {
      setImmediate(() => supervisor.cancel('crash'))
      return true
    })
    expect(events.at(-1)?.type).toBe('interrupted')
  })

  test('of another run changes nothing', async () => {
    start()
    const done = execute('steps 3')
    supervisor.cancel('other')
    expect((await done).at(-1)?.type).toBe('succeeded')
  })
})

describe('runs at the same time', () => {
  test('are told apart, and each ends by itself', async () => {
    start()
    const order: string[] = []
    const note = (id: string) => (event: RunEvent) => {
      expect(event.runId).toBe(id)
      if (event.type === 'started' || event.type === 'succeeded') order.push(`${id} ${event.type}`)
    }
    const long = execute('steps 30', note('long'), undefined, 'long')
    const short = execute('steps 3', note('short'), undefined, 'short')
    const [first, second] = await Promise.all([long, short])
    expect(order).toEqual(['long started', 'short started', 'short succeeded', 'long succeeded'])
    for (const events of [first, second]) expect(events.map(({ sequence }) => sequence)).toEqual([...events.keys()])
  })

  test('are cancelled one by one', async () => {
    start()
    const other = execute('steps 10', undefined, undefined, 'other')
    const cancelled = await execute('steps 1000', ({ type }) => {
      if (type === 'node_progress') supervisor.cancel('steps 1000')
    })
    expect(cancelled.at(-1)?.type).toBe('interrupted')
    expect((await other).at(-1)?.type).toBe('succeeded')
  })

  test('go on one after the other once the process has died under them, until the one to blame is known', async () => {
    start()
    const deaths = new Map<string, number>()
    const log: string[] = []
    const count = (id: string) => (isToBlame: boolean) => {
      expect(isToBlame).toBe(true)
      deaths.set(id, (deaths.get(id) ?? 0) + 1)
      return deaths.get(id)! < 3
    }
    const note =
      (id: string) =>
      ({ type }: RunEvent) => {
        if (['started', 'succeeded', 'failed'].includes(type)) log.push(`${id} ${type}`)
      }
    const innocent = execute('steps 10', note('innocent'), count('innocent'), 'innocent')
    let late: Promise<RunEvent[]> | undefined
    const beginLate = () => {
      late ??= execute('steps 3', note('late'), count('late'), 'late')
      return true
    }
    const noteGuilty = note('guilty')
    const guilty = execute('crash', noteGuilty, (isToBlame) => beginLate() && count('guilty')(isToBlame), 'guilty')
    expect((await guilty).at(-1)).toMatchObject({ type: 'failed', error: { code: 'runner_lost' } })
    expect((await innocent).at(-1)?.type).toBe('succeeded')
    expect((await late)?.at(-1)?.type).toBe('succeeded')
    expect(Object.fromEntries(deaths)).toEqual({ innocent: 1, guilty: 3 })
    expect(log.slice(2)).toEqual([
      ...['innocent started', 'innocent succeeded'],
      ...['guilty started', 'guilty started', 'guilty failed'],
      ...['late started', 'late succeeded'],
    ])
  })

  test('begin alone where a process has died under them before', async () => {
    start()
    const log: string[] = []
    const note =
      (id: string) =>
      ({ type }: RunEvent) => {
        if (['started', 'succeeded'].includes(type)) log.push(`${id} ${type}`)
      }
    await Promise.all([
      execute('steps 5', note('first'), undefined, 'first', true),
      execute('steps 5', note('second'), undefined, 'second'),
      execute('steps 5', note('third'), undefined, 'third', true),
    ])
    expect(log).toEqual([
      ...['first started', 'first succeeded', 'third started', 'third succeeded'],
      ...['second started', 'second succeeded'],
    ])
  })

  test('have all their time again after they were ended for another', async () => {
    start({ timeLimit: 2000, gracePeriod: 50 })
    const again = () => true
    const hung = execute('hang', undefined, again)
    await new Promise((resolve) => setTimeout(resolve, 1300))
    const other = execute('steps 60', undefined, again, 'other')
    expect((await hung).at(-1)).toMatchObject({ error: { code: 'run_timed_out' } })
    expect((await other).map(({ type }) => type).filter((type) => !type.startsWith('node_'))).toEqual([
      ...['started', 'cached', 'started', 'cached'],
      'succeeded',
    ])
  })

  test('are not to blame where one of them did not end when it was cancelled', async () => {
    start({ gracePeriod: 50 })
    const blame: boolean[] = []
    const other = execute(
      'steps 20',
      undefined,
      (isToBlame) => {
        blame.push(isToBlame)
        return true
      },
      'other',
    )
    const hung = await execute('hang', ({ type }) => {
      if (type === 'node_started') supervisor.cancel('hang')
    })
    expect(hung.at(-1)?.type).toBe('interrupted')
    expect((await other).at(-1)?.type).toBe('succeeded')
    expect(blame).toEqual([false])
  })

  test('can be cancelled while they wait for their turn', async () => {
    start()
    let starts = 0
    const cancelOther = ({ type }: RunEvent) => {
      if (type === 'started' && ++starts === 2) supervisor.cancel('crash')
    }
    const first = execute('steps 1000', cancelOther, () => true)
    const waiting = execute('crash', undefined, () => true)
    expect((await waiting).at(-1)?.type).toBe('interrupted')
    supervisor.cancel('steps 1000')
    expect((await first).at(-1)?.type).toBe('interrupted')
  })
})
