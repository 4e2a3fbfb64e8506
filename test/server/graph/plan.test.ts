import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planRun } from '../../../server/graph/plan.ts'
import type { Prompt } from '../../../server/graph/prompt.ts'
import { signatures } from '../../../server/graph/signature.ts'
import { namesOf } from '../runner/meaning.ts'
import { edited, promptOf } from '../runner/random-graphs.ts'
import { bench } from '../runner/runs.ts'
import { specialNodes } from '../runner/special-nodes.ts'
import { catalogue, chainPrompt, smallPrompt } from './sample-catalogue.ts'

/** A random graph of inverts, each fed by an earlier node, all saved. */
const graphs = fc.array(fc.nat(), { minLength: 1, maxLength: 40 }).map((sources) => {
  const prompt: Record<string, { class_type: string; inputs: Record<string, unknown> }> = {
    '0': { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } },
  }
  sources.forEach((source, i) => {
    prompt[String(i + 1)] = { class_type: 'ImageInvert', inputs: { image: [String(source % (i + 1)), 0] } }
  })
  prompt.save = { class_type: 'SaveImage', inputs: { images: [String(sources.length), 0], filename_prefix: 'x' } }
  return prompt
})

function signatureSet(prompt: Prompt, outputs: string[]): string[] {
  return [...signatures(planRun(prompt, outputs, catalogue), new Map()).values()].sort()
}

describe('a plan', () => {
  test('lists what the outputs need, dependencies first', () => {
    fc.assert(
      fc.property(graphs, (prompt) => {
        const plan = planRun(prompt, ['save'], catalogue)
        const place = new Map(plan.order.map((id, i) => [id, i]))
        for (const node of plan.nodes.values()) {
          for (const source of node.dependencies) {
            expect(place.get(source)!).toBeLessThan(place.get(node.id)!)
          }
        }
        expect(new Set(plan.order).size).toBe(plan.order.length)
      }),
    )
  })

  test('leaves out what no output needs', () => {
    const prompt = { ...smallPrompt(), '9': { class_type: 'ImageInvert', inputs: { image: ['1', 0] } } }
    expect(planRun(prompt, ['3'], catalogue).order).toEqual(['1', '2', '3'])
  })

  test('does not mind 10,000 nodes in a row', () => {
    const plan = planRun(chainPrompt(10_000), ['save'], catalogue)
    expect(plan.order).toHaveLength(10_002)
    expect(signatures(plan, new Map()).size).toBe(10_002)
  })
})

describe('signatures', () => {
  test('do not depend on ids or on the order of nodes', () => {
    fc.assert(
      fc.property(graphs, fc.string({ minLength: 1, maxLength: 3 }), (prompt, mark) => {
        const rename = (id: string) => `${mark}-${id}`
        const renamed = Object.fromEntries(
          Object.entries(prompt)
            .reverse()
            .map(([id, node]) => [
              rename(id),
              {
                ...node,
                inputs: Object.fromEntries(
                  Object.entries(node.inputs).map(([name, value]) => [
                    name,
                    Array.isArray(value) ? [rename(String(value[0])), value[1]] : value,
                  ]),
                ),
              },
            ]),
        )
        expect(signatureSet(renamed, [rename('save')])).toEqual(signatureSet(prompt, ['save']))
      }),
    )
  })

  test('are equal for two nodes if and only if the nodes are, in one graph as in several', () => {
    const { catalogue } = bench(specialNodes([]))
    fc.assert(
      fc.property(edited, ([before, after]) => {
        const names = new Map<string, string>()
        const nameOf = new Map<string, string>()
        for (const prompt of [promptOf(before), promptOf(after, (i) => `renamed ${i}`)]) {
          const named = namesOf(prompt, names)
          const plan = planRun(prompt, Object.keys(prompt).reverse(), catalogue)
          for (const [id, signature] of signatures(plan, new Map())) {
            const name = named.get(id)!
            expect(nameOf.get(signature) ?? name).toBe(name)
            nameOf.set(signature, name)
          }
        }
        expect(new Set(nameOf.values()).size).toBe(nameOf.size)
      }),
      { numRuns: 300 },
    )
  })

  test('change downstream of a changed constant, and only there', () => {
    const before = signatures(planRun(smallPrompt(), ['3'], catalogue), new Map())
    const changed = smallPrompt()
    changed['2'].inputs.scale_by = 3
    const after = signatures(planRun(changed, ['3'], catalogue), new Map())
    expect(after.get('1')).toBe(before.get('1'))
    expect(after.get('2')).not.toBe(before.get('2'))
    expect(after.get('3')).not.toBe(before.get('3'))
  })

  test('change with the content of a file', () => {
    const plan = planRun(smallPrompt(), ['3'], catalogue)
    const one = signatures(plan, new Map([['1', 'a']]))
    const two = signatures(plan, new Map([['1', 'b']]))
    expect(one.get('3')).not.toBe(two.get('3'))
  })
})
