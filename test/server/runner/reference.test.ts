import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isLink, type Link, type Prompt } from '../../../server/graph/prompt.ts'
import { validatePrompt } from '../../../server/graph/validate.ts'
import { readGraph } from '../../../server/graph/workflow-to-prompt.ts'
import type { RunEvent } from '../../../server/protocol/events.ts'
import { meaning, namesOf } from './meaning.ts'
import { drafts, edited, fragileDrafts, promptOf } from './random-graphs.ts'
import { bench, only } from './runs.ts'
import { specialNodes } from './special-nodes.ts'

/** Classes that no expansion makes, so that each call is a node of the graph. */
const COUNTED = ['Pick', 'Gate', 'Sieve', 'Later', 'Fragile', 'Chain']

function workbench(cacheBytes?: number) {
  const special: string[] = []
  const made = bench(specialNodes(special), undefined, cacheBytes)
  return {
    ...made,
    async run(prompt: Prompt, options: Parameters<typeof made.run>[1] = {}) {
      special.length = 0
      const events = await made.run(prompt, options)
      return { events, called: [...made.calls, ...special] }
    },
  }
}

/** What each Show showed; one that is known to show nothing is not told of at all. */
function shownBy(events: readonly RunEvent[], prompt: Prompt): Record<string, readonly string[]> {
  const shown: Record<string, readonly string[]> = {}
  for (const [id, { class_type: type }] of Object.entries(prompt)) if (type === 'Show') shown[id] = []
  for (const { node, ui } of only(events, 'node_finished'))
    if (node in shown && ui?.text !== undefined) shown[node] = ui.text
  return shown
}

function innerShownBy(events: readonly RunEvent[], prompt: Prompt): ReadonlySet<string> {
  return new Set(only(events, 'node_finished').flatMap(({ node, ui }) => (node in prompt ? [] : (ui?.text ?? []))))
}

function toldBy(events: readonly RunEvent[]): ReadonlySet<string> {
  return new Set(only(events, 'node_blocked').map(({ nodeType, message }) => `${nodeType}: ${message}`))
}

/** That a run did what its graph means; where nodes fail, that it failed at one of them and showed nothing wrong. */
function expectMeaning(events: readonly RunEvent[], prompt: Prompt): void {
  const { shown, inner, told, failing } = meaning(prompt)
  const end = events.at(-1)!
  if (failing.size === 0) {
    expect(end.type).toBe('succeeded')
    expect(shownBy(events, prompt)).toEqual(shown)
    const innerShown = innerShownBy(events, prompt)
    // A cached node is told of with all that it is linked to, whether or not it once asked for it.
    const isKnown = only(events, 'cached')[0]!.nodes.length > 0
    for (const text of inner) expect(innerShown).toContain(text)
    if (!isKnown) expect(innerShown).toEqual(inner)
    expect(toldBy(events)).toEqual(told)
    return
  }
  if (end.type !== 'failed') throw new Error(`it ended as ${end.type}, but ${[...failing]} fail`)
  expect(failing).toContain(end.error.node)
  for (const [id, texts] of Object.entries(shownBy(events, prompt))) {
    if (texts.length > 0) expect(shown[id]).toEqual(texts)
  }
  for (const message of toldBy(events)) expect(told).toContain(message)
}

test('a graph does what its meaning says, also from the cache, and then computes nothing', async () => {
  let sound = 0
  await fc.assert(
    fc.asyncProperty(drafts, async (nodes) => {
      const prompt = promptOf(nodes)
      const { told, failing } = meaning(prompt)
      const { run } = workbench()
      expectMeaning((await run(prompt)).events, prompt)
      const { events, called } = await run(prompt)
      expectMeaning(events, prompt)
      if (failing.size > 0) return
      sound++
      // A message is said in every run, so what says it runs in every run.
      if (told.size === 0) expect(called).toEqual([])
    }),
    { numRuns: 120 },
  )
  expect(sound).toBeGreaterThan(60)
})

test('with a cache too small for anything it does the same', async () => {
  await fc.assert(
    fc.asyncProperty(fragileDrafts, async (nodes) => {
      const prompt = promptOf(nodes)
      expectMeaning((await workbench(0).run(prompt)).events, prompt)
    }),
    { numRuns: 100 },
  )
})

test('after an edit only what is new is computed, and what is old is still known', async () => {
  const names = new Map<string, string>()
  let known = 0
  await fc.assert(
    fc.asyncProperty(edited, async (graphs) => {
      const { run } = workbench()
      const before = new Set<string>()
      const [first] = graphs
      for (const nodes of [...graphs, first]) {
        const prompt = promptOf(nodes)
        const { told, demanded, failing } = meaning(prompt)
        const { events, called } = await run(prompt)
        expectMeaning(events, prompt)
        if (told.size > 0 || failing.size > 0) return
        const named = namesOf(prompt, names)
        const fresh = [...demanded].map((id) => named.get(id)!).filter((name) => !before.has(name))
        const types = new Set(fresh.map((name) => name.split(' ')[0]))
        for (const type of COUNTED) if (!types.has(type)) expect(called).not.toContain(type)
        for (const name of fresh) before.add(name)
        known++
      }
    }),
    { numRuns: 120 },
  )
  expect(known).toBeGreaterThan(80)
})

test('one cache for many graphs, their nodes renamed and in another order, never mixes them up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drafts, { minLength: 2, maxLength: 4 }), fc.nat(1000), async (graphs, salt) => {
      const { run } = workbench()
      for (const nodes of graphs) {
        const prompt = promptOf(nodes)
        const { told, failing } = meaning(prompt)
        expectMeaning((await run(prompt)).events, prompt)
        const renamed = Object.fromEntries(Object.entries(promptOf(nodes, (i) => `${salt}-${i}`)).reverse())
        const again = await run(renamed)
        expectMeaning(again.events, renamed)
        if (told.size === 0 && failing.size === 0) expect(again.called).toEqual([])
      }
    }),
    { numRuns: 50 },
  )
})

test('nodes that fail take nothing wrong with them into the next runs', async () => {
  let failed = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fragileDrafts, { minLength: 2, maxLength: 4 }), async (graphs) => {
      const { run } = workbench()
      for (const nodes of graphs) {
        const prompt = promptOf(nodes)
        if (meaning(prompt).failing.size > 0) failed++
        expectMeaning((await run(prompt)).events, prompt)
      }
    }),
    { numRuns: 100 },
  )
  expect(failed).toBeGreaterThan(20)
})

test('a run that is cancelled at any moment ends, and the next one does what it means', async () => {
  let interrupted = 0
  await fc.assert(
    fc.asyncProperty(drafts, fc.nat(60), async (nodes, after) => {
      const prompt = promptOf(nodes)
      const { run } = workbench()
      const cancel = new AbortController()
      const { events } = await run(prompt, {
        cancel: cancel.signal,
        onEvent: ({ sequence }) => {
          if (sequence === after) cancel.abort()
        },
      })
      const end = events.at(-1)!.type
      if (end === 'interrupted') interrupted++
      else expect(end).toBe(meaning(prompt).failing.size > 0 ? 'failed' : 'succeeded')
      expectMeaning((await run(prompt)).events, prompt)
    }),
    { numRuns: 100 },
  )
  expect(interrupted).toBeGreaterThan(20)
})

test('a run tells of each node once that it has finished, and of nothing after it has ended', async () => {
  await fc.assert(
    fc.asyncProperty(fragileDrafts, async (nodes) => {
      const { events } = await workbench().run(promptOf(nodes))
      const finished = only(events, 'node_finished').map(({ node }) => node)
      expect(new Set(finished).size).toBe(finished.length)
      const ends = events.filter(({ type }) => ['succeeded', 'failed', 'interrupted'].includes(type))
      expect(ends).toEqual([events.at(-1)])
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i))
    }),
    { numRuns: 80 },
  )
})

test('a file with muted and bypassed nodes does what is left of it', async () => {
  let ran = 0
  await fc.assert(
    fc.asyncProperty(drafts, fc.array(fc.constantFrom(0, 0, 0, 2, 4), { maxLength: 30 }), async (nodes, modes) => {
      const whole = promptOf(nodes)
      const { run, catalogue } = workbench()
      const mode = (id: string) => modes[Object.keys(whole).indexOf(id)] ?? 0
      const left = withModes(whole, mode)
      const read = readGraph(fileOf(whole, mode), catalogue)
      expect(inputsById(read)).toEqual(inputsById(left))
      const checked = validatePrompt(read, catalogue, {
        input_images: [],
        gendr_models: [],
        gendr_settings: ['default'],
        iqa_models: [],
        upscale_models: [],
      })
      const sound = Object.keys(left).filter((id) => left[id]!.class_type === 'Show' && isComplete(left, id))
      expect(checked.ok ? checked.outputs : []).toEqual(sound)
      if (!checked.ok) return
      ran++
      const { events } = await run(checked.prompt, { outputs: checked.outputs })
      expectMeaning(
        events,
        Object.fromEntries(
          Object.entries(left).filter(([id, { class_type }]) => class_type !== 'Show' || sound.includes(id)),
        ),
      )
    }),
    { numRuns: 120 },
  )
  expect(ran).toBeGreaterThan(30)
})

const MUTED = Symbol('muted')
/** What a parameter is where its link leads to nothing; one that leads to a muted node has no value. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Number: { value: 0 },
  Gather: { factor: 1 },
}

/** The graph without its muted nodes, and with links past those that are bypassed. */
function withModes(prompt: Prompt, mode: (id: string) => number): Prompt {
  const past = (value: unknown): unknown => {
    if (!isLink(value)) return value
    const [id, slot] = value
    if (mode(id) === 0) return value
    if (mode(id) === 2) return MUTED
    const through = linkable(prompt, id)
    return past(prompt[id]!.inputs[through[slot] ?? through[0] ?? ''])
  }
  const left = Object.entries(prompt).filter(([id]) => mode(id) === 0)
  return Object.fromEntries(
    left.map(([id, { class_type, inputs }]) => {
      const fed = Object.entries(inputs).flatMap(([name, value]) => {
        const found = isLink(value) ? (past(value) ?? DEFAULTS[class_type]?.[name]) : value
        return found === undefined || found === MUTED ? [] : [[name, found]]
      })
      return [id, { class_type, inputs: Object.fromEntries(fed) }]
    }),
  )
}

/** The inputs that a file shows for a node: those that are linked, all of them numbers. */
function linkable(prompt: Prompt, id: string): readonly string[] {
  return Object.entries(prompt[id]!.inputs).flatMap(([name, value]) => (isLink(value) ? [name] : []))
}

/** The graph as a file of the editor, each node in a mode. */
function fileOf(prompt: Prompt, mode: (id: string) => number) {
  const links: unknown[] = []
  const nodes = Object.entries(prompt).map(([id, { class_type: type, inputs }]) => ({
    id,
    type,
    mode: mode(id),
    inputs: linkable(prompt, id).map((name, slot) => {
      links.push([links.length + 1, ...(inputs[name] as Link), id, slot, 'INT'])
      return { name, type: 'INT', link: links.length }
    }),
    outputs: Array.from({ length: 3 }, (_, i) => ({ name: `${i}`, type: 'INT', links: [] })),
    properties: { params: Object.fromEntries(Object.entries(inputs).filter(([, value]) => !isLink(value))) },
  }))
  return { version: 0.4, nodes, links }
}

function inputsById(prompt: Prompt) {
  return Object.fromEntries(Object.entries(prompt).map(([id, { class_type, inputs }]) => [id, { class_type, inputs }]))
}

/** Whether a node and all that it is linked to have the inputs that they need. */
function isComplete(prompt: Prompt, id: string): boolean {
  const { class_type: type, inputs } = prompt[id]!
  const isThere = REQUIRED[type]!.every((name) => name in inputs)
  return isThere && Object.values(inputs).every((value) => !isLink(value) || isComplete(prompt, value[0]))
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Number: ['value'],
  Upto: [],
  Add: ['a'],
  Gather: ['all', 'factor'],
  Pick: ['which', 'even'],
  Gate: ['value'],
  Sieve: ['value'],
  Later: ['value'],
  Chain: ['value'],
  Nest: ['value'],
  Show: ['value'],
}
