import fc from 'fast-check'
import type { Link, Prompt } from '../../../server/graph/prompt.ts'

/** What one node of a random graph is made from. */
export interface Draft {
  readonly type: string
  readonly picks: readonly number[]
  readonly numbers: readonly number[]
}

/** How many outputs each class has. */
const OUTPUTS: Readonly<Record<string, number>> = { Chain: 3 }

const TYPES = [
  'Number',
  'Number',
  'Upto',
  'Add',
  'Add',
  'Gather',
  'Pick',
  'Pick',
  'Gate',
  'Sieve',
  'Later',
  'Chain',
  'Nest',
  'Show',
  'Show',
]
/** Short and long graphs alike. */
const SIZE = { minLength: 1, maxLength: 22, size: 'max' } as const

function draftOf(types: readonly string[]): fc.Arbitrary<Draft> {
  return fc.record({
    type: fc.constantFrom(...types),
    picks: fc.array(fc.nat(1000), { minLength: 3, maxLength: 3 }),
    numbers: fc.array(fc.nat(4), { minLength: 3, maxLength: 3 }),
  })
}

/** Nodes of which, but for numbers that grow too large, none fails. */
export const drafts = fc.array(draftOf(TYPES), SIZE)

/** With nodes that fail by their input. */
export const fragileDrafts = fc.array(draftOf([...TYPES, 'Fragile', 'Fragile']), SIZE)

/** A graph, and the same with some of its nodes made otherwise. */
export const edited = fc
  .tuple(drafts, fc.array(fc.tuple(fc.nat(), draftOf(TYPES)), { minLength: 1, maxLength: 3 }))
  .map(([before, changes]) => {
    const after = [...before]
    for (const [at, draft] of changes) after[at % after.length] = draft
    return [before, after] as const
  })

/** A graph from drafts: links lead to earlier nodes; the last node is always shown. */
export function promptOf(nodes: readonly Draft[], name: (index: number) => string = (i) => `n${i}`): Prompt {
  const made: { id: string; outputs: number }[] = []
  const prompt: Record<string, Prompt[string]> = {}
  const add = (type: string, inputs: Record<string, unknown>) => {
    const id = name(Object.keys(prompt).length)
    prompt[id] = { class_type: type, inputs }
    if (type !== 'Show') made.push({ id, outputs: OUTPUTS[type] ?? 1 })
  }
  add('Number', { value: 2 })
  const link = (pick: number): Link => {
    const source = made[pick % made.length]!
    return [source.id, Math.floor(pick / made.length) % source.outputs]
  }
  for (const { type, picks, numbers } of nodes) {
    const [p, q, r] = picks as [number, number, number]
    const [m, n, o] = numbers as [number, number, number]
    switch (type) {
      case 'Number':
        add(type, { value: n === 4 ? link(p) : m })
        break
      case 'Upto':
        add(type, { count: m })
        break
      case 'Add':
        add(type, { a: link(p), ...(n > 1 && { b: link(q) }) })
        break
      case 'Gather':
        add(type, { all: link(p), factor: n === 4 ? link(q) : m % 3 })
        break
      case 'Pick':
        add(type, { which: link(p), even: n === 0 ? 6 : link(q), ...(n > 1 && { odd: o === 0 ? 3 : link(r) }) })
        break
      case 'Gate':
        add(type, { value: link(p), message: n < 2 ? `odd ${m}` : '' })
        break
      case 'Chain':
        add(type, { value: link(p), length: m % 3, show: n === 0 })
        break
      case 'Nest':
        add(type, { value: link(p), depth: m % 3 })
        break
      case 'Later':
        add(type, { value: link(p), turns: m })
        break
      default:
        add(type, { value: link(p) })
    }
  }
  add('Show', { value: link(nodes[nodes.length - 1]!.picks[0]!) })
  return prompt
}
