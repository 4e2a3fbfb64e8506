import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLink, type Link, type Prompt } from '../../../server/graph/prompt.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { bench, only } from './runs.ts'
import { specialNodes } from './special-nodes.ts'

/** A value that stops what would use it. */
const BLOCKED = Symbol('blocked')
type Value = number | typeof BLOCKED
type Lists = Readonly<Record<string, readonly Value[]>>

/**
 * The meaning of a graph, without cache, plan, sharing or time: each link is followed by recursion, every list is
 * mapped by its definition in ComfyUI (execution.py, _map_node_over_list). Of each node a list for each output.
 */
function meaning(prompt: Prompt): Record<string, string[]> {
  const listOf = (value: unknown): readonly Value[] => {
    if (!isLink(value)) return [value as number]
    return outputsOf(value)
  }
  const outputsOf = ([id, slot]: Link): readonly Value[] => node(id)[slot]!
  const node = (id: string): Value[][] => {
    const { class_type: type, inputs } = prompt[id]!
    const lists = (...names: string[]) =>
      Object.fromEntries(names.filter((name) => name in inputs).map((name) => [name, listOf(inputs[name])]))
    switch (type) {
      case 'Number':
        return [map(lists('value'), ({ value }) => [value!])]
      case 'Upto':
        return [map(lists('count'), ({ count }) => Array.from({ length: count! }, (_, i) => i))]
      case 'Add':
        return [map(lists('a', 'b'), ({ a, b = 1 }) => [a! + b])]
      case 'Gather': {
        const { all, factor } = lists('all', 'factor') as { all: readonly Value[]; factor: readonly number[] }
        if (all.includes(BLOCKED)) return [[BLOCKED]]
        return [[factor[0]! * (all as number[]).reduce((sum, value) => sum + value, 0)]]
      }
      case 'Pick': {
        const which = listOf(inputs.which)
        const wanted = new Set(which.flatMap((value) => (value === BLOCKED ? [] : [value % 2 === 0 ? 'even' : 'odd'])))
        const constants = ['even', 'odd'].filter((name) => name in inputs && !isLink(inputs[name]))
        return [
          map({ which, ...lists(...new Set([...wanted, ...constants])) }, ({ which, even, odd = -1 }) => [
            which! % 2 === 0 ? even! : odd,
          ]),
        ]
      }
      case 'Gate':
        return [map(lists('value'), ({ value }) => [value! % 2 === 0 ? value! : BLOCKED])]
      case 'Chain': {
        const { length, value } = lists('length', 'value') as { length: readonly number[]; value: readonly Value[] }
        const whole = { length, value }
        return [
          map(whole, ({ length, value }) => [value! + length!]),
          map(whole, ({ length, value }) => Array.from({ length: length! + 1 }, (_, i) => value! + i)),
          map(whole, ({ length }) => [length!]),
        ]
      }
      case 'Nest':
        return [map(lists('value', 'depth'), ({ value }) => [value! + 1])]
      default:
        throw new Error(type)
    }
  }
  return Object.fromEntries(
    Object.entries(prompt)
      .filter(([, { class_type: type }]) => type === 'Show')
      .map(([id, { inputs }]) => [
        id,
        listOf(inputs.value)
          .filter((value) => value !== BLOCKED)
          .map(String),
      ]),
  )
}

/** One call for each index of the longest list, shorter ones repeat their last; a blocked call gives a blocker. */
function map(lists: Lists, call: (values: Record<string, number>) => readonly Value[]): Value[] {
  const names = Object.keys(lists)
  if (names.some((name) => lists[name]!.length === 0)) return []
  const count = Math.max(1, ...names.map((name) => lists[name]!.length))
  return Array.from({ length: count }, (_, i): readonly Value[] => {
    const values = names.map((name) => [name, lists[name]![Math.min(i, lists[name]!.length - 1)]!] as const)
    if (values.some(([, value]) => value === BLOCKED)) return [BLOCKED]
    return call(Object.fromEntries(values) as Record<string, number>)
  }).flat()
}

/** How many outputs each class has. */
const OUTPUTS: Readonly<Record<string, number>> = { Chain: 3 }

interface Draft {
  readonly type: string
  readonly picks: readonly number[]
  readonly numbers: readonly number[]
}

const drafts = fc.array(
  fc.record({
    type: fc.constantFrom(
      'Number',
      'Number',
      'Upto',
      'Add',
      'Add',
      'Gather',
      'Pick',
      'Pick',
      'Gate',
      'Chain',
      'Nest',
      'Show',
    ),
    picks: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 }),
    numbers: fc.array(fc.nat(4), { minLength: 2, maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 25 },
)

/** A graph from drafts: links lead to earlier nodes; values stay small, so that each fits every parameter. */
function promptOf(nodes: readonly Draft[], name: (index: number) => string = (i) => `n${i}`): Prompt {
  const made: { id: string; outputs: number }[] = []
  const prompt: Record<string, Prompt[string]> = {}
  const add = (type: string, inputs: Record<string, unknown>) => {
    const id = name(Object.keys(prompt).length)
    prompt[id] = { class_type: type, inputs }
    if (type !== 'Show') made.push({ id, outputs: OUTPUTS[type] ?? 1 })
    return id
  }
  add('Number', { value: 2 })
  const link = (pick: number): Link => {
    const source = made[pick % made.length]!
    return [source.id, Math.floor(pick / made.length) % source.outputs]
  }
  for (const { type, picks, numbers } of nodes) {
    const [p, q, r] = picks as [number, number, number, number]
    const [m, n] = numbers as [number, number]
    switch (type) {
      case 'Number':
        add(type, { value: m })
        break
      case 'Upto':
        add(type, { count: m })
        break
      case 'Add':
        add(type, { a: link(p), ...(n > 1 && { b: link(q) }) })
        break
      case 'Gather':
        add(type, { all: link(p), factor: m % 3 })
        break
      case 'Pick':
        add(type, { which: link(p), even: n === 0 ? 6 : link(q), ...(n > 1 && { odd: link(r) }) })
        break
      case 'Gate':
      case 'Show':
        add(type, { value: link(p) })
        break
      case 'Chain':
        add(type, { value: link(p), length: m, show: false })
        break
      case 'Nest':
        add(type, { value: link(p), depth: m % 3 })
        break
    }
  }
  add('Show', { value: link(nodes[nodes.length - 1]!.picks[0]!) })
  return prompt
}

/** What each Show showed; one that is known to show nothing is not told of at all. */
function shownBy(events: readonly RunEvent[], prompt: Prompt): Record<string, readonly string[]> {
  const shown: Record<string, readonly string[]> = {}
  for (const [id, { class_type: type }] of Object.entries(prompt)) if (type === 'Show') shown[id] = []
  for (const { node, ui } of only(events, 'node_finished'))
    if (node in shown && ui?.text !== undefined) shown[node] = ui.text
  return shown
}

/** Chains put their values into Numbers, which refuse what is too large. */
function isTooLarge(events: readonly RunEvent[]): boolean {
  const end = events.at(-1)
  return end?.type === 'failed' && end.error.code === 'invalid_input'
}

test('a graph shows what its meaning says, also from the cache, and then computes nothing', async () => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(drafts, async (nodes) => {
      const prompt = promptOf(nodes)
      const special: string[] = []
      const { run, calls } = bench(specialNodes(special))
      const events = await run(prompt)
      if (isTooLarge(events)) return
      compared++
      expect(events.at(-1)?.type).toBe('succeeded')
      expect(shownBy(events, prompt)).toEqual(meaning(prompt))
      special.length = 0
      expect(shownBy(await run(prompt), prompt)).toEqual(meaning(prompt))
      expect([...calls, ...special]).toEqual([])
    }),
    { numRuns: 400 },
  )
  expect(compared).toBeGreaterThan(200)
})

test('with a cache too small for anything it shows the same', async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (nodes) => {
      const prompt = promptOf(nodes)
      const { run } = bench(specialNodes([]), undefined, 0)
      const events = await run(prompt)
      if (!isTooLarge(events)) expect(shownBy(events, prompt)).toEqual(meaning(prompt))
    }),
    { numRuns: 150 },
  )
})

test('one cache for many graphs, their nodes renamed and in another order, never mixes them up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drafts, { minLength: 2, maxLength: 4 }), fc.nat(1000), async (graphs, salt) => {
      const { run, calls } = bench(specialNodes([]))
      for (const nodes of graphs) {
        const prompt = promptOf(nodes)
        const events = await run(prompt)
        if (isTooLarge(events)) continue
        expect(shownBy(events, prompt)).toEqual(meaning(prompt))
        const renamed = Object.fromEntries(Object.entries(promptOf(nodes, (i) => `${salt}-${i}`)).reverse())
        const again = await run(renamed)
        expect(shownBy(again, renamed)).toEqual(meaning(renamed))
        expect(calls).toEqual([])
      }
    }),
    { numRuns: 100 },
  )
})

test('a run tells of each node once that it starts to work, and of nothing after it has ended', async () => {
  await fc.assert(
    fc.asyncProperty(drafts, async (nodes) => {
      const prompt = promptOf(nodes)
      const { run } = bench(specialNodes([]))
      const events = await run(prompt)
      const finished = only(events, 'node_finished').map(({ node }) => node)
      expect(new Set(finished).size).toBe(finished.length)
      const ends = events.filter(({ type }) => ['succeeded', 'failed', 'interrupted'].includes(type))
      expect(ends).toEqual([events.at(-1)])
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i))
    }),
    { numRuns: 150 },
  )
})
