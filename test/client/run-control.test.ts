import { afterEach, expect, test, vi } from 'vitest'
import { Address } from '../../client/host/address.ts'
import { Host, type OpenRun, type PastRun, type Submission } from '../../client/host/host.ts'
import type { RunBoard } from '../../client/host/run-board.ts'
import { RunControl } from '../../client/host/run-control.ts'
import type { ServerMessage } from '../../server/protocol/messages.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const graph = { '2': { class_type: 'ImageInvert', inputs: {} } }
const picture = (name: string) => ({ images: [{ filename: name, subfolder: '', type: 'output' as const }] })
const messages = {
  start: (run: string): ServerMessage => ({ type: 'execution_start', data: { prompt_id: run, timestamp: 1 } }),
  shows: (run: string, name: string): ServerMessage => ({
    type: 'executed',
    data: { prompt_id: run, node: '2', display_node: '2', output: picture(name) },
  }),
  status: (queue_remaining: number, more: { disk_full?: true } = {}): ServerMessage => ({
    type: 'status',
    data: { status: { exec_info: { queue_remaining }, ...more } },
  }),
  warns: (run: string, text: string): ServerMessage => ({
    type: 'execution_warning',
    data: { prompt_id: run, node_id: '2', text, timestamp: 1 },
  }),
  works: (run: string): ServerMessage => ({ type: 'executing', data: { prompt_id: run, node: '2' } }),
  success: (run: string): ServerMessage => ({ type: 'execution_success', data: { prompt_id: run, timestamp: 2 } }),
}

const pastRun = (run: string): PastRun => ({
  isOver: true,
  prompt: graph,
  outputs: new Map([['2', picture(`${run}.png`)]]),
  succeeded: true,
  times: new Map(),
  warnings: [],
})

const open = (id: string): OpenRun => ({ isOver: false, id, prompt: graph, isOwn: true })

/** A browser that is loaded again, with what it keeps, before one host. */
function browser(host: Partial<Host> = {}) {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: kept.set.bind(kept) }
  const load = () => {
    let submission: Submission = { ok: true, id: '', nodeErrors: new Map() }
    const whole = {
      submit: async () => submission,
      run: async () => undefined,
      runsUnderWay: async () => [],
      ...host,
    }
    const said: string[] = []
    const control: RunControl = new RunControl(
      whole as unknown as Host,
      (_tone, message) => said.push(message),
      () => {},
      storage as unknown as Storage,
    )
    const hear = (...all: readonly ServerMessage[]) => {
      for (const message of all) control.hear({ kind: 'message', message })
    }
    const start = (origin: string, id: string) => {
      submission = { ok: true, id, nodeErrors: new Map() }
      return control.start({ prompt: graph, workflow: {}, origin })
    }
    const refuse = (origin: string) => {
      submission = { ok: false, refusal: { message: 'No.', remedy: '', nodes: new Map([['2', 'Why not.']]) } }
      return control.start({ prompt: graph, workflow: {}, origin })
    }
    const run = async (origin: string, id: string) => {
      await start(origin, id)
      hear(messages.start(id), messages.shows(id, `${id}.png`), messages.success(id))
    }
    const shown = (origin: string) => control.boardOf(origin).outputs.get('2')?.images?.[0]?.filename
    const connect = (tabs = ['A', 'B', 'C']) => control.catchUp(tabs)
    return { control, said, hear, start, refuse, run, shown, connect }
  }
  return { load }
}

test('a run that ends before the host has answered its submission is known with all that was asked of it', async () => {
  const boards: { readonly board: RunBoard; readonly upTo: ReturnType<RunControl['upToOf']> }[] = []
  const submit = async () => {
    for (const message of [messages.start('a'), messages.success('a')]) control.hear({ kind: 'message', message })
    return { ok: true, id: 'a', nodeErrors: new Map() } as const
  }
  const control: RunControl = new RunControl(
    { submit } as unknown as Host,
    () => {},
    (board) => boards.push({ board, upTo: control.upToOf(board.run) }),
    { getItem: () => null, setItem: () => {} } as unknown as Storage,
  )
  const upTo = { node: '2', shown: '2-preview' }
  await control.start({ prompt: graph, workflow: {}, upTo })
  expect(boards.at(-1)).toMatchObject({ board: { run: 'a', state: 'done' }, upTo })
  expect(boards.every((shown) => shown.board.run === null || shown.upTo !== undefined)).toBe(true)
})

test('the browser keeps no preview that no node shows any more', async () => {
  vi.useFakeTimers()
  const made: string[] = []
  const gone: string[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${made.push('')}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((address) => void gone.push(address))
  const { control, start, run, hear } = browser().load()
  const preview = (id: string) => {
    const node = { node_id: '2', display_node_id: '2', real_node_id: '2', parent_node_id: null }
    const metadata = { ...node, prompt_id: id, image_type: 'image/jpeg' as const }
    control.hear({ kind: 'preview', metadata, picture: new Blob() })
  }
  await start('A', 'a')
  hear(messages.start('a'))
  preview('a')
  preview('a')
  vi.runAllTimers()
  expect(gone).toEqual(['blob:1'])
  hear(messages.success('a'))
  await run('A', 'b')
  vi.runAllTimers()
  expect(gone).toEqual(['blob:1', 'blob:2'])
})

test('each tab keeps what its own run has shown, while others run the same nodes', async () => {
  const { control, run, shown } = browser().load()
  await run('A', 'a')
  expect(shown('B')).toBeUndefined()
  await run('B', 'b')
  expect([shown('A'), shown('B')]).toEqual(['a.png', 'b.png'])
  expect(control.boardOf('C').state).toBe('idle')
})

test('what a node says is of the run in which it works, else of the one that began last', async () => {
  const { control, start, hear } = browser().load()
  const say = (text: string) => control.hear({ kind: 'text', node: '2', text })
  const said = () => ['A', 'B'].map((tab) => control.boardOf(tab).nodes.get('2')?.said)
  await start('A', 'a')
  hear(messages.start('a'), messages.works('a'))
  await start('B', 'b')
  say('of a')
  expect(said()).toEqual([['of a'], undefined])
  hear(messages.success('a'), messages.start('b'))
  say('known from a')
  expect(said()).toEqual([['of a'], ['known from a']])
  hear(messages.success('b'))
  say('late')
  expect(said()).toEqual([['of a'], ['known from a']])
})

test('what a node warns of is of the run that it says, and there again after a reload', async () => {
  const { load } = browser({
    run: async (run) => ({ ...pastRun(run), warnings: [{ node: '2', text: `${run} is damaged` }] }),
  })
  const { control, start, run, hear } = load()
  await start('A', 'a')
  await start('B', 'b')
  hear(messages.start('a'), messages.warns('a', 'a is damaged'), messages.success('a'))
  const warnings = (of = control) => ['A', 'B'].map((tab) => of.boardOf(tab).nodes.get('2')?.warnings)
  expect(warnings()).toEqual([['a is damaged'], undefined])
  expect(control.boardOf('A').nodes.get('2')?.said).toEqual(['a is damaged'])
  await run('A', 'c')
  expect(warnings()).toEqual([undefined, undefined])
  const again = load()
  await again.connect()
  expect(warnings(again.control)).toEqual([['c is damaged'], ['b is damaged']])
})

test('what a node said in one run is not of another that is found after it', async () => {
  const { load } = browser({ run: async (run) => pastRun(run) })
  const { control, start, hear, connect } = load()
  await start('A', 'a')
  hear(messages.start('a'), messages.works('a'))
  control.hear({ kind: 'text', node: '2', text: 'of a' })
  hear(messages.success('a'))
  // In another window.
  await load().run('A', 'b')
  await connect()
  expect(control.boardOf('A')).toMatchObject({ run: 'b', state: 'done' })
  expect(control.boardOf('A').nodes.get('2')?.said).toBeUndefined()
})

test('a refusal is shown on the nodes of the graph that was refused, and its earlier results stay', async () => {
  const { control, run, refuse, shown } = browser().load()
  await run('A', 'a')
  await run('B', 'b')
  await refuse('B')
  expect(control.boardOf('A')).toMatchObject({ state: 'done' })
  expect(control.boardOf('B').nodes.get('2')?.error).toBe('Why not.')
  expect(control.boardOf('B')).toMatchObject({ startedAt: null, endedAt: null })
  expect(shown('B')).toBe('b.png')
})

test('a run waits on its own graph while that of another tab goes on', async () => {
  const { control, start, hear } = browser().load()
  await start('A', 'a')
  hear(messages.start('a'))
  await start('B', 'b')
  expect(control.board.run).toBe('a')
  expect(control.boardOf('B')).toMatchObject({ run: 'b', state: 'running' })
  hear(messages.success('a'))
  expect(control.board.run).toBe('b')
  hear(messages.start('b'), messages.success('b'))
  expect([control.boardOf('A').state, control.boardOf('B').state]).toEqual(['done', 'done'])
})

test('a run that waited is over once the queue is cleared, and the one under way goes on', async () => {
  const { control, start, hear } = browser({
    clearQueue: async () => {},
    run: async (run) => (run === 'a' ? open(run) : undefined),
  }).load()
  await start('A', 'a')
  hear(messages.start('a'))
  await start('B', 'b')
  await control.clearQueue()
  expect([control.boardOf('A').state, control.boardOf('B').state]).toEqual(['running', 'cancelled'])
})

test('a run that waited is over as well when another client clears the queue', async () => {
  const { control, start, hear } = browser({ run: async (run) => (run === 'a' ? open(run) : undefined) }).load()
  await start('A', 'a')
  hear(messages.start('a'), messages.shows('a', 'a.png'))
  await start('B', 'b')
  hear(messages.status(2), messages.status(1))
  await vi.waitFor(() => expect(control.boardOf('B').state).toBe('cancelled'))
  expect(control.boardOf('A').state).toBe('running')
})

test('whoever works with the host is told once that its disk is full, as often as it is', async () => {
  const { said, start, hear } = browser().load()
  await start('A', 'a')
  hear(messages.status(1), messages.status(1, { disk_full: true }), messages.status(1, { disk_full: true }))
  expect(said).toEqual(['The disk of the host is full.'])
  hear(messages.status(0), messages.status(1, { disk_full: true }))
  expect(said).toHaveLength(2)
})

test('a run that none of the tabs has started is followed, and shown on none of their graphs', async () => {
  const { control, run, hear, shown } = browser().load()
  await run('A', 'a')
  hear(messages.start('again'))
  expect(control.board).toMatchObject({ run: 'again', state: 'running' })
  hear(messages.shows('again', 'again.png'), messages.success('again'))
  expect(shown('A')).toBe('a.png')
})

test('after a reload each graph shows what the last of its runs has made', async () => {
  const { load } = browser({ run: async (run) => pastRun(run) })
  const { run } = load()
  await run('A', 'old')
  await run('A', 'a')
  await run('B', 'b')
  const { control, shown, connect } = load()
  await connect()
  expect([shown('A'), shown('B'), shown('C')]).toEqual(['a.png', 'b.png', undefined])
  expect([control.boardOf('A').state, control.boardOf('B').state]).toEqual(['idle', 'idle'])
})

test('a run that began while the connection was lost is followed from then on', async () => {
  const { load } = browser({
    run: async (run) => (run === 'a' ? pastRun(run) : undefined),
    runsUnderWay: async () => [open('b')],
  })
  const { control, start, hear, shown, connect } = load()
  await start('A', 'a')
  await start('A', 'b')
  hear(messages.start('a'))
  await connect()
  expect(control.boardOf('A')).toMatchObject({ run: 'b', state: 'running', total: 1 })
  expect(shown('A')).toBe('a.png')
  hear(messages.shows('b', 'b.png'), messages.success('b'))
  expect(shown('A')).toBe('b.png')
})

test('a run that began and ended while the connection was lost shows what it made', async () => {
  const { load } = browser({ run: async (run) => pastRun(run) })
  const { control, start, hear, shown, connect } = load()
  await start('A', 'a')
  await start('A', 'b')
  hear(messages.start('a'))
  await connect()
  expect(control.boardOf('A')).toMatchObject({ run: 'b', state: 'done' })
  expect(shown('A')).toBe('b.png')
})

test('a run that ends while the host is asked for it is not taken for one that it does not know', async () => {
  const answers = ['in_progress', 'completed'].map((status) =>
    Response.json({
      id: 'a',
      status,
      workflow: { prompt: graph, extra_data: {} },
      outputs: { '2': picture('a.png') },
      times: { nodes: {} },
    }),
  )
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answers.shift()!)
  const host = new Host(new Address(new URL('http://host'), { getItem: () => null } as unknown as Storage), 'me')
  const { control, start, said, shown, connect } = browser({ run: (run) => host.run(run) }).load()
  await start('A', 'a')
  await connect()
  expect([control.boardOf('A').state, said]).toEqual(['running', []])
  await connect()
  expect([control.boardOf('A').state, shown('A'), said]).toEqual(['done', 'a.png', []])
})

test('a connection that comes back changes nothing where nothing was missed', async () => {
  const { load } = browser({ run: async (run) => pastRun(run) })
  const { control, run, refuse, connect } = load()
  await run('A', 'a')
  await run('B', 'b')
  await refuse('B')
  const before = [control.boardOf('A'), control.boardOf('B')]
  await connect()
  expect([control.boardOf('A'), control.boardOf('B')]).toEqual(before)
})

test('after a reload runs that were under way and waited go on, each on the graph that it is of', async () => {
  const { load } = browser({
    run: async (run) => open(run),
    runsUnderWay: async () => [open('a')],
  })
  const { start } = load()
  await start('A', 'a')
  await start('B', 'b')
  const { control, hear, shown, connect } = load()
  await connect()
  expect([control.boardOf('A'), control.boardOf('B')]).toMatchObject(
    ['a', 'b'].map((run) => ({ run, state: 'running' })),
  )
  hear(messages.shows('a', 'a.png'), messages.success('a'))
  hear(messages.start('b'), messages.shows('b', 'b.png'), messages.success('b'))
  expect([shown('A'), shown('B')]).toEqual(['a.png', 'b.png'])
})

test('a connection asks only for the latest runs of the tabs that are open, and for what is under way once', async () => {
  const asked: string[] = []
  const { load } = browser({
    run: async (run) => {
      asked.push(run)
      return undefined
    },
    runsUnderWay: async () => {
      asked.push('under way')
      return []
    },
  })
  const { run } = load()
  for (const tab of ['A', 'B', 'closed', 'C']) await run(tab, tab.toLowerCase())
  await load().connect(['A', 'B', 'C', 'D'])
  expect(asked).toEqual(['under way', 'a', 'b', 'c'])
})

test('an answer that fails after a reload is told of once, and the other tabs show their runs', async () => {
  const lost = new Error('The host is out of reach.')
  const { load } = browser({
    run: async (run) => (run === 'b' ? pastRun(run) : Promise.reject(lost)),
    runsUnderWay: () => Promise.reject(lost),
  })
  const { run } = load()
  for (const tab of ['A', 'B', 'C']) await run(tab, tab.toLowerCase())
  const { said, shown, connect } = load()
  await connect()
  expect([shown('B'), said]).toEqual(['b.png', [lost.message]])
})

test('a run under way that the host does not answer for keeps none of the other tabs from being shown', async () => {
  const { load } = browser({
    run: async (run) => (run === 'b' ? pastRun(run) : Promise.reject(new Error('No answer.'))),
  })
  const { control, start, shown, connect } = load()
  await start('A', 'a')
  await start('B', 'b')
  await connect()
  expect([control.boardOf('A').state, control.boardOf('B').state, shown('B')]).toEqual(['running', 'done', 'b.png'])
})
