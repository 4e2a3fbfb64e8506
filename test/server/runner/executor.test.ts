import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { primitiveInt } from '../../../nodes/primitive/primitive-int.ts'
import { primitiveString } from '../../../nodes/primitive/primitive-string.ts'
import type { Files, RunContext } from '../../../nodes/sdk/context.ts'
import { RestorationError } from '../../../nodes/sdk/error.ts'
import { Expansion } from '../../../nodes/sdk/expansion.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { bench, graph, noFiles, only } from './runs.ts'

const base = { title: '', summary: '', inputs: {}, parameters: z.object({}), outputs: {} }
const chain = graph({ n: ['Number', { value: 4 }], a: ['Add', { a: ['n', 0] }], s: ['Show', { value: ['a', 0] }] })
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type)

describe('events', () => {
  test('come in the order of ComfyUI, numbered from 0', async () => {
    const events = await bench().run(chain)
    const node = (id: string) => [`node_started ${id}`, `node_finished ${id}`]
    const told = events.map((event) => ('node' in event && event.node ? `${event.type} ${event.node}` : event.type))
    expect(told).toEqual(['started', 'cached', ...node('n'), ...node('a'), ...node('s'), 'succeeded'])
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i))
    expect(only(events, 'node_finished').at(-1)).toMatchObject({ ui: { text: ['5'] }, cached: false })
  })

  test('of progress are thinned out, the last one always comes', async () => {
    const busy: AnyNode = {
      ...base,
      id: 'Busy',
      outputNode: true,
      run(_: unknown, __: unknown, context: RunContext) {
        for (let i = 1; i <= 1000; i++) context.progress(i, 1000)
        return {}
      },
    }
    const progress = only(await bench([busy]).run(graph({ b: ['Busy'] })), 'node_progress')
    expect(progress.length).toBeLessThan(20)
    expect(progress.at(-1)).toMatchObject({ value: 1000, max: 1000 })
  })
})

describe('lists', () => {
  test('a node is called once per value, shorter lists repeat their last, what it shows is joined', async () => {
    const prompt = graph({
      three: ['Upto', { count: 3 }],
      two: ['Upto', { count: 2 }],
      sum: ['Add', { a: ['three', 0], b: ['two', 0] }],
      show: ['Show', { value: ['sum', 0] }],
    })
    const shown = only(await bench().run(prompt), 'node_finished').find(({ node }) => node === 'show')
    expect(shown?.ui).toEqual({ text: ['0', '2', '3'] })
  })

  test('a node that takes lists gets them whole, its parameters are single values', async () => {
    const prompt = graph({
      four: ['Upto', { count: 4 }],
      sum: ['Gather', { all: ['four', 0], factor: 10 }],
      show: ['Show', { value: ['sum', 0] }],
    })
    const shown = only(await bench().run(prompt), 'node_finished').find(({ node }) => node === 'show')
    expect(shown?.ui).toEqual({ text: ['60'] })
  })

  test('an empty list means no call', async () => {
    const b = bench()
    const events = await b.run(graph({ no: ['Upto', { count: 0 }], show: ['Show', { value: ['no', 0] }] }))
    expect(types(events).at(-1)).toBe('succeeded')
    expect(b.calls).toEqual([])
  })

  test('a parameter takes its value from a link', async () => {
    const prompt = graph({
      n: ['Number', { value: 3 }],
      list: ['Upto', { count: ['n', 0] }],
      show: ['Show', { value: ['list', 0] }],
    })
    const events = await bench().run(prompt)
    expect(only(events, 'node_finished').at(-1)?.ui).toEqual({ text: ['0', '1', '2'] })
  })
})

describe('the cache', () => {
  test('skips what is known, whatever its id, and shows it again', async () => {
    const b = bench()
    await b.run(chain)
    const again = await b.run(chain)
    expect(b.calls).toEqual([])
    expect(only(again, 'cached')[0]!.nodes).toEqual(['a', 'n', 's'])
    expect(only(again, 'node_finished')).toMatchObject([{ node: 's', ui: { text: ['5'] }, cached: true }])
    await b.run(graph({ x: ['Number', { value: 4 }], y: ['Add', { a: ['x', 0] }], z: ['Show', { value: ['y', 0] }] }))
    expect(b.calls).toEqual([])
  })

  test('computes only what changed', async () => {
    const b = bench()
    await b.run(chain)
    await b.run({ ...chain, a: { class_type: 'Add', inputs: { a: ['n', 0], b: ['n', 0] } } })
    expect(b.calls).toEqual(['Add', 'Show'])
  })

  test('what a node said is said again when it is known, also where nothing needs it, and for one that equals it', async () => {
    const talking: AnyNode = {
      ...base,
      id: 'Talking',
      outputs: { number: { type: 'INT' } },
      run(_: unknown, __: unknown, context: RunContext) {
        context.say('it is damaged')
        context.warn('a part is missing')
        return { number: 1 }
      },
    }
    const { run, calls } = bench([talking])
    const prompt = (b: number) =>
      graph({
        t: ['Talking'],
        same: ['Talking'],
        n: ['Number', { value: b }],
        sum: ['Add', { a: ['t', 0], b: ['n', 0] }],
        show: ['Show', { value: ['sum', 0] }],
        other: ['Show', { value: ['same', 0] }],
      })
    const said = ['say it is damaged', 'warn a part is missing']
      .flatMap((text) => [`same: ${text}`, `t: ${text}`])
      .toSorted()
    const saidIn = async (b: number) =>
      only(await run(prompt(b)), 'node_text')
        .map(({ node, text, isWarning }) => `${node}: ${isWarning ? 'warn' : 'say'} ${text}`)
        .toSorted()
    expect(await saidIn(2)).toEqual(said)
    expect(await saidIn(3)).toEqual(said)
    expect(calls).toEqual(['Number', 'Add', 'Show'])
    expect(await saidIn(3)).toEqual(said)
    expect(calls).toEqual([])
  })

  test('equal nodes of one graph are computed once', async () => {
    const b = bench()
    const prompt = graph({
      one: ['Sleep', { ms: 20 }],
      two: ['Sleep', { ms: 20 }],
      sum: ['Add', { a: ['one', 0], b: ['two', 0] }],
      show: ['Show', { value: ['sum', 0] }],
    })
    const events = await b.run(prompt)
    expect(b.calls.filter((name) => name === 'Sleep')).toHaveLength(1)
    expect(only(events, 'node_finished').at(-1)?.ui).toEqual({ text: ['40'] })
  })

  test('a changed fingerprint means new work, and so does one that cannot be known', async () => {
    let print = 'a'
    const reader = (name: string, parameters: z.ZodObject): AnyNode => ({
      ...base,
      id: name,
      parameters,
      outputs: { number: { type: 'INT' } },
      fingerprint: async () => print,
      run: () => ({ number: 1 }),
    })
    const file = z.object({ file: z.int().min(0).max(9).default(0) })
    const b = bench([reader('Read', file)])
    const fixed = graph({ r: ['Read', { file: 1 }], s: ['Show', { value: ['r', 0] }] })
    const linked = graph({
      n: ['Number', { value: 1 }],
      r: ['Read', { file: ['n', 0] }],
      s: ['Show', { value: ['r', 0] }],
    })
    await b.run(fixed)
    await b.run(fixed)
    expect(b.calls).toEqual([])
    print = 'b'
    await b.run(fixed)
    expect(b.calls).toEqual(['Show'])
    await b.run(linked)
    await b.run(linked)
    expect(b.calls).toEqual(['Show'])
  })

  test('a fingerprint is known where what it depends on is held by other nodes', async () => {
    const asked: unknown[] = []
    const loader: AnyNode = {
      ...base,
      id: 'Load',
      parameters: z.object({ file: z.string().default(''), size: z.int().min(0).max(9).default(0) }),
      outputs: { number: { type: 'INT' } },
      async fingerprint(parameters: unknown) {
        asked.push(parameters)
        return 'print'
      },
      run: (_: unknown, { size }: { size: number }) => ({ number: size }),
    }
    const b = bench([loader, primitiveString, primitiveInt])
    const of = (file: string, size: unknown) =>
      graph({
        name: ['PrimitiveString', { value: file }],
        same: ['PrimitiveString', { value: ['name', 0] }],
        size: ['PrimitiveInt', { value: size }],
        load: ['Load', { file: ['same', 0], size: ['size', 0] }],
        s: ['Show', { value: ['load', 0] }],
      })
    await b.run(of('a.png', 3))
    expect(b.calls).toEqual(['Show'])
    await b.run(of('a.png', 3))
    expect(b.calls).toEqual([])
    await b.run(of('b.png', 3))
    expect(b.calls).toEqual(['Show'])
    expect(asked).toEqual(['a.png', 'a.png', 'b.png'].map((file) => ({ file, size: 3 })))
    const failed = (await b.run(of('a.png', 3.5))).at(-1)
    expect(failed).toMatchObject({ type: 'failed', error: { node: 'size', code: 'invalid_input' } })
  })
})

describe('failures', () => {
  const failing: AnyNode = {
    ...base,
    id: 'Fail',
    parameters: z.object({ known: z.boolean().default(true) }),
    outputs: { number: { type: 'INT' } },
    run(_: unknown, { known }: { known: boolean }) {
      if (known) throw new RestorationError('image_unreadable', 'It is no picture.', 'Choose another.')
      throw new Error("ENOENT: no such file '/srv/data/secret.png'")
    },
  }

  test('name the node, its class, what went wrong and what had run; a second run works', async () => {
    const b = bench([failing])
    const prompt = graph({
      n: ['Number', { value: 1 }],
      f: ['Fail'],
      sum: ['Add', { a: ['n', 0], b: ['f', 0] }],
      s: ['Show', { value: ['sum', 0] }],
    })
    const last = (await b.run(prompt)).at(-1)
    expect(last).toMatchObject({
      type: 'failed',
      error: { node: 'f', nodeType: 'Fail', code: 'image_unreadable', remedy: 'Choose another.', executed: ['n'] },
    })
    expect(b.faults).toEqual([])
    expect(types(await b.run(graph({ n: ['Number', { value: 1 }], s: ['Show', { value: ['n', 0] }] }))).at(-1)).toBe(
      'succeeded',
    )
    expect(b.calls).toEqual(['Show'])
  })

  test('of an unknown kind show no path, and the log gets them whole', async () => {
    const b = bench([failing])
    const last = (await b.run(graph({ f: ['Fail', { known: false }], s: ['Show', { value: ['f', 0] }] }))).at(-1)
    expect(last).toMatchObject({ type: 'failed', error: { node: 'f', message: expect.not.stringContaining('/srv') } })
    expect(String(b.faults[0])).toContain('/srv/data/secret.png')
  })

  test('a parameter out of range names the node, the parameter, the value and the remedy', async () => {
    const last = (await bench().run(graph({ n: ['Number', { value: 999 }], s: ['Show', { value: ['n', 0] }] }))).at(-1)
    expect(last).toMatchObject({ type: 'failed', error: { node: 'n', code: 'invalid_input' } })
    if (last?.type !== 'failed') throw new Error('it did not fail')
    expect(last.error.message).toMatch(/'value' of Number.*999/)
    expect(last.error.remedy).toContain('value')
  })
})

describe('cancelling', () => {
  test('stops a sleeping node, says what had run, and leaves the next run alone', async () => {
    const b = bench()
    const cancel = new AbortController()
    const prompt = graph({
      n: ['Number', { value: 1 }],
      z: ['Sleep', { ms: 30_000 }],
      sum: ['Add', { a: ['n', 0], b: ['z', 0] }],
      s: ['Show', { value: ['sum', 0] }],
    })
    const onEvent = (event: RunEvent) => {
      if (event.type === 'node_started' && event.node === 'z') setTimeout(() => cancel.abort(), 50)
    }
    const start = performance.now()
    const last = (await b.run(prompt, { cancel: cancel.signal, onEvent })).at(-1)
    expect(last).toMatchObject({ type: 'interrupted', node: 'z', executed: ['n'] })
    expect(performance.now() - start).toBeLessThan(5000)
    expect(types(await b.run(chain)).at(-1)).toBe('succeeded')
  })

  test('before the start runs nothing', async () => {
    const b = bench()
    const events = await b.run(chain, { cancel: AbortSignal.abort() })
    expect(events.at(-1)?.type).toBe('interrupted')
    expect(b.calls).toEqual([])
  })

  test('is seen in the middle of a long chain of quick nodes', async () => {
    const slow: AnyNode = {
      ...base,
      id: 'Spin',
      inputs: { a: { type: 'INT' } },
      outputs: { a: { type: 'INT' } },
      run({ a }: { a: number }) {
        for (const end = performance.now() + 4; performance.now() < end; );
        return { a: a + 1 }
      },
    }
    const nodes: Parameters<typeof graph>[0] = { n0: ['Number'] }
    for (let i = 1; i <= 1000; i++) nodes[`n${i}`] = ['Spin', { a: [`n${i - 1}`, 0] }]
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(), 30)
    const last = (
      await bench([slow]).run(graph({ ...nodes, s: ['Show', { value: ['n1000', 0] }] }), {
        cancel: cancel.signal,
      })
    ).at(-1)
    expect(last?.type).toBe('interrupted')
    if (last?.type === 'interrupted') expect(last.executed.length).toBeLessThan(500)
  })
})

describe('scheduling', () => {
  test('independent branches run at the same time, at most four', async () => {
    let active = 0
    let most = 0
    const worker: AnyNode = {
      ...base,
      id: 'Work',
      parameters: z.object({ seed: z.int().min(0).max(99).default(0) }),
      outputNode: true,
      async run() {
        most = Math.max(most, ++active)
        await new Promise((resolve) => setTimeout(resolve, 20))
        active--
        return {}
      },
    }
    const nodes = Object.fromEntries(Array.from({ length: 9 }, (_, seed) => [`w${seed}`, ['Work', { seed }] as const]))
    await bench([worker]).run(graph(nodes as unknown as Parameters<typeof graph>[0]))
    expect(most).toBe(4)
  })

  test('a chain of 4,000 nodes costs about four times one of 1,000', async () => {
    const time = async (length: number) => {
      const nodes: Parameters<typeof graph>[0] = { n0: ['Number'] }
      for (let i = 1; i <= length; i++) nodes[`n${i}`] = ['Add', { a: [`n${i - 1}`, 0] }]
      const b = bench()
      const prompt = graph({ ...nodes, s: ['Show', { value: [`n${length}`, 0] }] })
      const start = performance.now()
      const events = await b.run(prompt)
      expect(only(events, 'node_finished').at(-1)?.ui).toEqual({ text: [String(length)] })
      return performance.now() - start
    }
    await time(200)
    const short = await time(1000)
    expect(short).toBeLessThan(3000)
    // Quadratic would be 16; the cores are shared, hence the room.
    expect((await time(4000)) / short).toBeLessThan(10)
  })
})

describe('files of a run', () => {
  const saver: AnyNode = {
    ...base,
    id: 'Save',
    parameters: z.object({ name: z.string().default('') }),
    outputNode: true,
    async run(_: unknown, { name }: { name: string }, { files }: RunContext) {
      const bytes = await files.read(name)
      return { ui: { images: [await files.write('output', 'sub/x', 'png', bytes)] } }
    },
  }
  const bytes = Uint8Array.of(1, 2, 3)

  test('in memory: attachments hide files, results come as events and again in the next run; no file is named', async () => {
    const b = bench([saver], noFiles)
    for (let i = 0; i < 2; i++) {
      const events = await b.run(graph({ s: ['Save', { name: 'a.png' }] }), {
        delivery: 'memory',
        attachments: { 'a.png': bytes },
      })
      expect(only(events, 'result_image')).toMatchObject([
        { node: 's', index: 0, filename: 'x_00001_.png', format: 'image/png', bytes },
      ])
      // A file of that name would be one of another run.
      expect(only(events, 'node_finished').map(({ ui }) => ui)).toEqual([null])
    }
  })

  test('in memory: what an expansion saved there is saved again by a run that keeps files', async () => {
    const album: AnyNode = {
      ...base,
      id: 'Album',
      outputs: { done: { type: 'INT' } },
      run: () => new Expansion({ save: { class_type: 'Save', inputs: { name: 'a.png' } } }, { done: 1 }),
    }
    const written: string[] = []
    const storage: Files = {
      ...noFiles,
      read: async () => bytes,
      write: async (type, prefix) => {
        written.push(prefix)
        return { filename: 'y.png', subfolder: '', type }
      },
    }
    const b = bench([saver, album], storage)
    const prompt = graph({ album: ['Album'], s: ['Show', { value: ['album', 0] }] })
    const inMemory = await b.run(prompt, { delivery: 'memory' })
    expect(only(inMemory, 'result_image')).toHaveLength(1)
    await b.run(prompt)
    expect(written).toEqual(['sub/x'])
  })
})
