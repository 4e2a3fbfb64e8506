import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseWorkflow } from '../../../server/graph/workflow.ts'
import { workflowToPrompt } from '../../../server/graph/workflow-to-prompt.ts'
import { allTypes } from '../../client/types.ts'

const file = join(import.meta.dirname, '../../fixtures/workflows/subgraphs.json')
const read = () => JSON.parse(readFileSync(file, 'utf8'))
const prompt = (json: unknown) => workflowToPrompt(parseWorkflow(json), allTypes)

describe('subgraphs', () => {
  test('are opened: nodes of the inside run under the name of the outer one, with its values', () => {
    const made = prompt(read())
    expect(Object.keys(made).sort()).toEqual(['20', '21:5', '21:6:1', '23', '24'])
    expect(made['21:5']!.inputs).toEqual({ image: ['20', 0], upscale_method: 'lanczos', scale_by: 2.5 })
    expect(made['21:6:1']!.inputs).toEqual({ image: ['21:5', 0] })
    expect(made['23']!.inputs.images).toEqual(['21:6:1', 0])
  })

  test('that are bypassed hand on what they are fed, those that are muted give nothing', () => {
    expect(prompt(read())['24']!.inputs.images).toEqual(['20', 0])
    const muted = read()
    muted.nodes[2].mode = 2
    expect(prompt(muted)['24']!.inputs).toEqual({})
  })

  test('take a value from a link, and the inside’s own where nobody gives one', () => {
    const json = read()
    json.nodes.push({
      id: 50,
      type: 'PrimitiveNode',
      outputs: [{ name: 'FLOAT', type: 'FLOAT', links: [70] }],
      widgets_values: [3.5],
    })
    json.links.push([70, 50, 0, 21, 1, 'FLOAT'])
    json.nodes[1].inputs[1].link = 70
    expect(prompt(json)['21:5']!.inputs.scale_by).toBe(3.5)
    const without = read()
    without.nodes[1].widgets_values = []
    expect(prompt(without)['21:5']!.inputs.scale_by).toBe(1)
    const named = read()
    named.nodes[1].properties.params = { scale_by: 4 }
    expect(prompt(named)['21:5']!.inputs.scale_by).toBe(4)
  })

  test('that hold themselves, or grow without an end, are refused', () => {
    const itself = read()
    itself.definitions.subgraphs[1].nodes[0].type = itself.definitions.subgraphs[0].id
    expect(() => prompt(itself)).toThrow(/'Enlarge & invert' holds itself/)
    const level = (i: number) => ({
      id: `d${i}`,
      name: `d${i}`,
      inputNode: { id: -10 },
      outputNode: { id: -20 },
      nodes: [1, 2].map((id) => ({ id, type: i < 30 ? `d${i + 1}` : 'ImageInvert' })),
      links: [],
    })
    const doubling = {
      nodes: [{ id: 1, type: 'd0' }],
      definitions: { subgraphs: Array.from({ length: 31 }, (_, i) => level(i)) },
    }
    expect(() => prompt(doubling)).toThrow(/more than 20000 nodes/)
    doubling.definitions.subgraphs.at(-1)!.nodes = []
    expect(() => prompt(doubling)).toThrow(/more than 20000 nodes/)
    const deep = {
      nodes: [{ id: 1, type: 'd0' }],
      definitions: {
        subgraphs: Array.from({ length: 5000 }, (_, i) => ({
          ...level(0),
          id: `d${i}`,
          nodes: [{ id: 1, type: `d${i + 1}` }],
        })),
      },
    }
    expect(() => prompt(deep)).toThrow(/deeper than 64/)
  })
})
