import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { primitiveString } from '../../../nodes/primitive/primitive-string.ts'
import type { RunContext } from '../../../nodes/sdk/context.ts'
import { Expansion } from '../../../nodes/sdk/expansion.ts'
import type { AnyNode } from '../../../nodes/sdk/node.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'
import { bench, graph, only } from './runs.ts'

const base = { title: '', summary: '', inputs: {}, parameters: z.object({}) }
const image = { frames: [] }

/** Nodes whose pictures are nothing but where they come from, which `Say` shows. */
const nodes: readonly AnyNode[] = [
  primitiveString,
  {
    ...base,
    id: 'Load',
    parameters: z.object({ image: z.string().meta({ optionsFrom: 'input_images' }) }),
    outputs: { image: { type: 'IMAGE' } },
    run: () => ({ image }),
  },
  {
    ...base,
    id: 'Name',
    outputs: { name: { type: 'STRING' } },
    run: () => ({ name: 'computed.png' }),
  },
  {
    ...base,
    id: 'Say',
    inputs: { images: { type: 'IMAGE' } },
    outputs: {},
    outputNode: true,
    run: (_inputs: unknown, _parameters: unknown, context: RunContext) => ({
      ui: { text: [String(context.origin())] },
    }),
  },
  {
    ...base,
    id: 'Unfold',
    inputs: { images: { type: 'IMAGE', raw: true } },
    outputs: {},
    outputNode: true,
    run: ({ images }: { images: readonly [string, number] }) =>
      new Expansion({ inner: { class_type: 'Say', inputs: { images } } }, {}),
  },
]

async function said(prompt: Prompt) {
  const events = await bench(nodes).run(prompt)
  return only(events, 'node_finished').flatMap(({ ui }) => ui?.text ?? [])
}

describe('a node is told what its picture is made from', () => {
  test('by the name that is typed in, or held by another node', async () => {
    expect(await said(graph({ load: ['Load', { image: 'a.png' }], say: ['Say', { images: ['load', 0] }] }))).toEqual([
      'a.png',
    ])
    const held = graph({
      name: ['PrimitiveString', { value: 'b.png' }],
      load: ['Load', { image: ['name', 0] }],
      say: ['Say', { images: ['load', 0] }],
    })
    expect(await said(held)).toEqual(['b.png'])
  })

  test('in a graph that another node made', async () => {
    const prompt = graph({ load: ['Load', { image: 'a.png' }], unfold: ['Unfold', { images: ['load', 0] }] })
    expect(await said(prompt)).toEqual(['a.png'])
  })

  test('but not where the name is computed', async () => {
    const computed = graph({
      name: ['Name'],
      load: ['Load', { image: ['name', 0] }],
      say: ['Say', { images: ['load', 0] }],
    })
    expect(await said(computed)).toEqual(['undefined'])
  })

  test('and when that is another file with the same picture, its own', async () => {
    const { run } = bench(nodes)
    for (const name of ['a.png', 'b.png']) {
      const events = await run(graph({ load: ['Load', { image: name }], say: ['Say', { images: ['load', 0] }] }))
      expect(only(events, 'node_finished').flatMap(({ ui }) => ui?.text ?? [])).toEqual([name])
    }
  })
})
