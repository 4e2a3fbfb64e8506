import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RunContext } from '../../../nodes/sdk/context.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { bench, graph, only } from './runs.ts'
import { specialNodes } from './special-nodes.ts'

function workbench() {
  const special: string[] = []
  const { run, calls, gone, replaced } = bench([...specialNodes(special), saver])
  return {
    gone,
    replaced,
    /** What was told, and the classes that were called. */
    async run(prompt: Prompt, options: Parameters<typeof run>[1] = {}) {
      special.length = 0
      const events = await run(prompt, options)
      return { events, called: [...calls, ...special], shown: textsOf(events) }
    },
  }
}

let files = 0
const saver: AnyNode = {
  id: 'Saver',
  title: '',
  summary: '',
  inputs: { value: { type: 'INT' } },
  parameters: z.object({}),
  outputs: {},
  outputNode: true,
  run: () => ({ ui: { images: [{ filename: `file-${files++}`, subfolder: '', type: 'output' as const }] } }),
}

function textsOf(events: readonly RunEvent[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    only(events, 'node_finished').flatMap(({ node, ui }) => (ui?.text ? [[node, ui.text]] : [])),
  )
}

const started = (events: readonly RunEvent[]) => only(events, 'node_started').map(({ node }) => node)
const last = (events: readonly RunEvent[]) => events.at(-1)?.type

describe('lazy inputs', () => {
  const prompt = (which: number) =>
    graph({
      which: ['Number', { value: which }],
      a: ['Sleep', { ms: 1 }],
      b: ['Sleep', { ms: 2 }],
      pick: ['Pick', { which: ['which', 0], even: ['a', 0], odd: ['b', 0] }],
      show: ['Show', { value: ['pick', 0] }],
    })

  test('are computed when the node asks for them, in the order that ComfyUI tells', async () => {
    const { events, shown } = await workbench().run(prompt(3))
    expect(started(events)).toEqual(['which', 'pick', 'b', 'pick', 'show'])
    expect(shown.show).toEqual(['2'])
  })

  test('of a branch that is not taken never run, and later need only what is new', async () => {
    const b = workbench()
    expect((await b.run(prompt(2))).called.filter((name) => name === 'Sleep')).toHaveLength(1)
    expect((await b.run(prompt(4))).called.filter((name) => name === 'Sleep')).toHaveLength(0)
    expect((await b.run(prompt(5))).called.filter((name) => name === 'Sleep')).toHaveLength(1)
  })

  test('that have a failing node in the other branch do not fail', async () => {
    const { events } = await workbench().run({
      ...prompt(2),
      b: { class_type: 'Number', inputs: { value: 100_000 } },
    })
    expect(last(events)).toBe('succeeded')
  })

  test('are asked for by each value of a list', async () => {
    const { shown } = await workbench().run(
      graph({
        which: ['Upto', { count: 3 }],
        a: ['Number', { value: 10 }],
        b: ['Upto', { count: 2 }],
        pick: ['Pick', { which: ['which', 0], even: ['a', 0], odd: ['b', 0] }],
        show: ['Show', { value: ['pick', 0] }],
      }),
    )
    expect(shown.show).toEqual(['10', '1', '10'])
  })

  test('that are constants are there from the start', async () => {
    const { shown } = await workbench().run(
      graph({
        w: ['Number', { value: 2 }],
        p: ['Pick', { which: ['w', 0], even: 7 }],
        s: ['Show', { value: ['p', 0] }],
      }),
    )
    expect(shown.s).toEqual(['7'])
  })
})

describe('blockers', () => {
  const prompt = (message: string) =>
    graph({
      list: ['Upto', { count: 4 }],
      gate: ['Gate', { value: ['list', 0], message }],
      add: ['Add', { a: ['gate', 0] }],
      show: ['Show', { value: ['add', 0] }],
      other: ['Show', { value: ['list', 0] }],
    })

  test('stop their own values only, and the run goes on', async () => {
    const { events, shown } = await workbench().run(prompt(''))
    expect(last(events)).toBe('succeeded')
    expect(shown).toEqual({ show: ['1', '3'], other: ['0', '1', '2', '3'] })
    expect(only(events, 'node_blocked')).toEqual([])
  })

  test('say their message once for each value, on the first node that they stop, in every run', async () => {
    const b = workbench()
    for (let round = 0; round < 2; round++) {
      const { events } = await b.run(prompt('no odd numbers'))
      const blocked = only(events, 'node_blocked')
      expect(blocked.map(({ node, nodeType, message }) => [node, nodeType, message])).toEqual([
        ['add', 'Add', 'no odd numbers'],
        ['add', 'Add', 'no odd numbers'],
      ])
      expect(last(events)).toBe('succeeded')
    }
  })

  test('in a list stop a node that takes whole lists', async () => {
    const { shown, events } = await workbench().run(
      graph({
        list: ['Upto', { count: 4 }],
        gate: ['Gate', { value: ['list', 0] }],
        sum: ['Gather', { all: ['gate', 0], factor: 1 }],
        show: ['Show', { value: ['sum', 0] }],
      }),
    )
    expect(shown).toEqual({})
    expect(last(events)).toBe('succeeded')
  })
})

describe('expansion', () => {
  const prompt = (length: number, show = false) =>
    graph({
      n: ['Number', { value: 5 }],
      chain: ['Chain', { value: ['n', 0], length, show }],
      last: ['Show', { value: ['chain', 0] }],
      all: ['Show', { value: ['chain', 1] }],
      length: ['Show', { value: ['chain', 2] }],
    })

  test('gives links, lists of links and constants', async () => {
    const { shown } = await workbench().run(prompt(3))
    expect(shown).toEqual({ last: ['8'], all: ['5', '6', '7', '8'], length: ['3'] })
  })

  test('runs its nodes under ids of their own, once, and starts the node itself once', async () => {
    const { events } = await workbench().run(prompt(2))
    // Its start is equal to `n`, and computed with it.
    expect(started(events).slice(0, 4)).toEqual(['n', 'chain', 'chain.0.0.add0', 'chain.0.0.add1'])
    expect(started(events).filter((id) => id === 'chain')).toHaveLength(1)
    expect(only(events, 'expanded')).toMatchObject([
      { node: 'chain', display: 'chain', nodes: ['chain.0.0.start', 'chain.0.0.add0', 'chain.0.0.add1'] },
    ])
  })

  test('is one hit of the cache in the next run, and shares what is equal with a longer one', async () => {
    const b = workbench()
    await b.run(prompt(3))
    expect((await b.run(prompt(3))).called).toEqual([])
    const { called } = await b.run(prompt(4))
    expect(called.filter((name) => name === 'Add')).toHaveLength(1)
  })

  test('runs output nodes inside, and shows them again from the cache', async () => {
    const b = workbench()
    expect((await b.run(prompt(1, true))).shown['chain.0.0.show']).toEqual(['6'])
    const again = await b.run(prompt(1, true))
    expect(again.shown['chain.0.0.show']).toEqual(['6'])
    expect(again.called).toEqual([])
  })

  test('inside of expansion belongs to the node that the user sees', async () => {
    const b = workbench()
    const nested = graph({
      n: ['Number', { value: 1 }],
      nest: ['Nest', { value: ['n', 0], depth: 3 }],
      s: ['Show', { value: ['nest', 0] }],
    })
    const { events, shown } = await b.run(nested)
    expect(shown.s).toEqual(['2'])
    expect(new Set(only(events, 'expanded').map(({ display }) => display))).toEqual(new Set(['nest']))
    expect(Object.keys(shown).filter((id) => id.startsWith('nest.'))).toHaveLength(3)
    const again = await b.run(nested)
    expect(again.called).toEqual([])
    expect(again.shown).toEqual(shown)
  })

  test('shows from the cache what it showed, also where that was known before', async () => {
    const b = workbench()
    const nested = (depth: number) =>
      graph({
        n: ['Number', { value: 1 }],
        nest: ['Nest', { value: ['n', 0], depth }],
        equal: ['Nest', { value: ['n', 0], depth }],
        s: ['Show', { value: ['nest', 0] }],
        more: ['Add', { a: ['equal', 0] }],
        t: ['Show', { value: ['more', 0] }],
      })
    for (const depth of [1, 2]) {
      const first = await b.run(nested(depth))
      expect(Object.keys(first.shown).filter((id) => id.endsWith('shown'))).toHaveLength(2 * depth)
      const again = await b.run(nested(depth))
      expect(again.called).toEqual([])
      expect(again.shown).toEqual(first.shown)
    }
  })

  test.each([2 ** 26, 0])(
    'to a result that was given up leaves others what they need, with %i bytes of cache',
    async (bytes) => {
      const { run } = bench(specialNodes([]), undefined, bytes)
      const shown = async (to: string) => {
        const prompt = graph({
          s: ['Number', { value: 5 }],
          x: ['Add', { a: ['s', 0] }],
          twin: ['Add', { a: ['s', 0] }],
          y: ['Add', { a: ['x', 0], b: ['twin', 0] }],
          e: ['Back', { after: ['y', 0], to }],
          u: ['Add', { a: ['s', 0], b: ['e', 0] }],
          show: ['Show', { value: ['u', 0] }],
        })
        return textsOf(await run(prompt)).show
      }
      expect([await shown('x'), await shown('twin'), await shown('s')]).toEqual([['11'], ['11'], ['10']])
    },
  )

  test('to nodes that nothing else needs, twice at the same time, computes each of them once', async () => {
    const { run, calls } = bench(specialNodes([]), undefined, 0)
    const prompt = graph({
      n: ['Number', { value: 5 }],
      x: ['Add', { a: ['n', 0] }],
      y: ['Add', { a: ['n', 0], b: ['x', 0] }],
      one: ['Back', { after: ['n', 0], to: 'x' }],
      two: ['Back', { after: ['n', 0], to: 'y' }],
      sum: ['Add', { a: ['one', 0], b: ['two', 0] }],
      show: ['Show', { value: ['sum', 0] }],
    })
    expect(textsOf(await run(prompt)).show).toEqual(['17'])
    expect(calls.filter((name) => name === 'Add')).toHaveLength(3)
  })

  test('of each value of a list is a graph of its own', async () => {
    const { shown } = await workbench().run(
      graph({
        list: ['Upto', { count: 3 }],
        chain: ['Chain', { value: ['list', 0], length: 1 }],
        show: ['Show', { value: ['chain', 1] }],
      }),
    )
    expect(shown.show).toEqual(['0', '1', '1', '2', '2', '3'])
  })

  test('to a class that is not there, or a failure inside, names the node that the user sees', async () => {
    const { events } = await workbench().run(
      graph({
        n: ['Number', { value: 99 }],
        c: ['Chain', { value: ['n', 0], length: 1 }],
        d: ['Chain', { value: ['c', 0], length: 3 }],
        e: ['Chain', { value: ['d', 0] }],
        s: ['Show', { value: ['e', 0] }],
      }),
    )
    expect(events.at(-1)).toMatchObject({
      type: 'failed',
      error: { node: 'e', nodeType: 'Number', code: 'invalid_input' },
    })
  })
})

describe('what nodes know of the graph', () => {
  test('a node whose result depends on its id is computed for each', async () => {
    const texts: string[] = []
    const say: AnyNode = {
      ...saver,
      id: 'Say',
      inputs: { text: { type: 'STRING' } },
      run({ text }: { text: string }) {
        texts.push(text)
        return {}
      },
    }
    const b = bench([...specialNodes([]), say])
    const prompt = graph({
      a: ['WhoAmI'],
      b: ['WhoAmI'],
      x: ['Say', { text: ['a', 0] }],
      y: ['Say', { text: ['b', 0] }],
    })
    await b.run(prompt)
    expect(texts.sort()).toEqual(['a', 'b'])
    await b.run(graph({ c: ['WhoAmI'], x: ['Say', { text: ['c', 0] }] }))
    expect(texts).toContain('c')
  })

  test('a raw link is handed over as it is, and nothing behind it runs', async () => {
    const { called, shown } = await workbench().run(graph({ n: ['Number'], s: ['Spell', { link: ['n', 0] }] }))
    expect(shown.s).toEqual(['0 of Number'])
    expect(called).toEqual([])
  })
})

describe('files that a result shows', () => {
  test('are made again when they are gone', async () => {
    const b = workbench()
    const prompt = graph({ n: ['Number', { value: 1 }], s: ['Saver', { value: ['n', 0] }] })
    const nameOf = ({ events }: { events: readonly RunEvent[] }) =>
      only(events, 'node_finished').find(({ node }) => node === 's')?.ui?.images?.[0]?.filename ?? ''
    const first = nameOf(await b.run(prompt))
    expect(nameOf(await b.run(prompt))).toBe(first)
    b.gone.add(first)
    const again = await b.run(prompt)
    expect(nameOf(again)).not.toBe(first)
    expect(again.called).toEqual([])
  })

  test('are made again when others have taken their names', async () => {
    const b = workbench()
    const prompt = graph({ n: ['Number', { value: 1 }], s: ['Saver', { value: ['n', 0] }] })
    const namesOf = ({ events }: { events: readonly RunEvent[] }) =>
      only(events, 'node_finished').flatMap(({ ui }) => ui?.images?.map(({ filename }) => filename) ?? [])
    const [first] = namesOf(await b.run(prompt))
    b.replaced.set(first!, 'somebody else’s')
    const [second] = namesOf(await b.run(prompt))
    expect(second).not.toBe(first)
    expect(namesOf(await b.run(prompt))).toEqual([second])
  })
})

describe('memory', () => {
  test('results are given up as soon as nothing can use them, so a long chain holds a few', async () => {
    const alive: WeakRef<Uint8Array>[] = []
    let most = 0
    const big: AnyNode = {
      id: 'Big',
      title: '',
      summary: '',
      inputs: { a: { type: '*', optional: true } },
      parameters: z.object({ i: z.int().min(0).max(999).default(0) }),
      outputs: { a: { type: '*' } },
      async run(_: unknown, __: unknown, context: RunContext) {
        const bytes = new Uint8Array(1 << 20)
        alive.push(new WeakRef(bytes))
        await new Promise((resolve) => setTimeout(resolve, 0))
        globalThis.gc?.()
        most = Math.max(most, alive.filter((ref) => ref.deref() !== undefined).length)
        context.signal.throwIfAborted()
        return { a: bytes }
      },
    }
    const nodes: Parameters<typeof graph>[0] = { n0: ['Big'] }
    for (let i = 1; i < 60; i++) nodes[`n${i}`] = ['Big', { i, a: [`n${i - 1}`, 0] }]
    const end: AnyNode = { ...saver, id: 'End', inputs: { value: { type: '*' } }, run: () => ({}) }
    const { run } = bench([big, end], undefined, 0)
    const events = await run(graph({ ...nodes, end: ['End', { value: ['n59', 0] }] }))
    expect(last(events)).toBe('succeeded')
    expect(alive).toHaveLength(60)
    if (globalThis.gc !== undefined) expect(most).toBeLessThan(10)
  })
})
