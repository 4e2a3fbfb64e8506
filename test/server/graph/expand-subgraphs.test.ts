import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { expandSubgraphs } from '../../../server/graph/expand-subgraphs.ts'
import { parseWorkflow } from '../../../server/graph/workflow.ts'
import { workflowToPrompt } from '../../../server/graph/workflow-to-prompt.ts'
import { allTypes } from '../../client/types.ts'

/** So that a test can see what is read of the inside of a subgraph, which is parsed where it is opened. */
vi.mock(import('../../../server/graph/workflow.ts'), { spy: true })

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

  /** Nodes that are made of one subgraph. */
  const instances = (count: number, inside: object) =>
    parseWorkflow({
      nodes: Array.from({ length: count }, (_, id) => ({ id, type: 'd' })),
      definitions: { subgraphs: [{ id: 'd', links: [], ...inside }] },
    })

  test('read the links of their inside once, however many nodes are made of it', () => {
    const inside = parseWorkflow({ nodes: [{ id: 1, type: 'ImageInvert' }], links: [] })
    const reads = (count: number) => {
      const workflow = instances(count, {})
      let counted = 0
      vi.mocked(parseWorkflow).mockReturnValueOnce({
        ...inside,
        get links() {
          counted++
          return inside.links
        },
      })
      expect(expandSubgraphs(workflow, allTypes).nodes).toHaveLength(count)
      return counted
    }
    expect(reads(1)).toBeGreaterThan(0)
    expect(reads(1000)).toBe(reads(1))
  })

  test('that grow by inputs or fields more than by nodes are refused', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}`)
    const wide = { nodes: [{ id: 1, type: 'ImageInvert', inputs: names.map((name) => ({ name, type: 'IMAGE' })) }] }
    expect(() => expandSubgraphs(instances(1000, wide), allTypes)).toThrow(/more than 200000 inputs, fields and links/)
    const params = Object.fromEntries(names.map((name) => [name, 1]))
    const rich = { nodes: [{ id: 1, type: 'ImageInvert', properties: { params } }] }
    expect(() => expandSubgraphs(instances(1000, rich), allTypes)).toThrow(/more than 200000 inputs, fields and links/)
  })
})

describe('promoted widgets', () => {
  const promoted = () =>
    JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/workflows/promoted-widgets.json'), 'utf8'))

  test('set the inside of their own node, however deep; where a node has no value the inside’s counts', () => {
    const made = prompt(promoted())
    expect(made['11:5']!.inputs).toMatchObject({ upscale_method: 'lanczos', scale_by: 2.5 })
    expect(made['11:6']!.inputs).toMatchObject({ width: 640, height: 384 })
    expect(made['11:7:3']!.inputs).toMatchObject({ scale_by: 0.25 })
    expect(made['12:5']!.inputs).toMatchObject({ upscale_method: 'bicubic', scale_by: 1 })
    expect(made['12:6']!.inputs).toMatchObject({ width: 512 })
    // What the inside promotes for the nested one, where nobody further out says more.
    expect(made['12:7:3']!.inputs).toMatchObject({ scale_by: 0.5 })
  })

  test('that were changed here are read by name', () => {
    const json = promoted()
    json.nodes[2].properties.params = { '6:width': 256 }
    json.nodes[2].widgets_values = ['lanczos', 256]
    const made = prompt(json)
    expect(made['12:6']!.inputs).toMatchObject({ width: 256 })
    expect(made['12:5']!.inputs).toMatchObject({ upscale_method: 'bicubic' })
  })

  test('may be text of JSON, set a primitive, and give way to a link', () => {
    const json = promoted()
    const [definition] = json.definitions.subgraphs
    definition.nodes.push({
      id: 8,
      type: 'PrimitiveNode',
      outputs: [{ name: 'INT', type: 'INT', links: [6] }],
      widgets_values: [100, 'fixed'],
    })
    definition.links.push({ id: 6, origin_id: 8, origin_slot: 0, target_id: 6, target_slot: 3, type: 'INT' })
    definition.nodes[1].inputs[3].link = 6
    json.nodes[1].properties.proxyWidgets = '[["8","value"],["6","height"]]'
    json.nodes[1].widgets_values = [300, 700]
    const made = prompt(json)
    expect(made['11:6']!.inputs).toMatchObject({ height: 300 })
    expect(made['12:6']!.inputs).toMatchObject({ height: 100 })
  })

  test('of any other shape are left alone', () => {
    for (const value of [
      '[',
      {},
      7,
      null,
      [[]],
      [['5']],
      [[{}, 'width']],
      [['6', '__proto__']],
      [['6', 'constructor']],
    ]) {
      const json = promoted()
      json.nodes[1].properties.proxyWidgets = value
      expect(prompt(json)['11:6']!.inputs).toMatchObject({ width: 512 })
    }
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('the inputs of a subgraph', () => {
  const newer = () =>
    JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/workflows/newer-subgraphs.json'), 'utf8'))

  test('are told by their names where a node lists only some of them, in whatever order', () => {
    const made = prompt(newer())
    expect(made['2:1']!.inputs.image).toEqual(['1', 0])
    expect(made['3:1']!.inputs.image).toEqual(['1', 0])
    expect(made['3:2']!.inputs.scale_by).toBe(3)
    expect(made['4:1:1']!.inputs.image).toEqual(['1', 0])
  })

  test('that stand for fields have the value of each node, one place each, listed or not', () => {
    const made = prompt(newer())
    expect(made['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.25 })
    expect(made['2:2']!.inputs).toMatchObject({ scale_by: 2, upscale_method: 'lanczos' })
    expect(made['3:1']!.inputs).toMatchObject({ seed: 8, strength: 0.5 })
    expect(made['3:2']!.inputs).toMatchObject({ upscale_method: 'area' })
    expect(made['4:1:1']!.inputs).toMatchObject({ seed: 9, strength: 0.75 })
    expect(made['4:1:2']!.inputs).toMatchObject({ scale_by: 2.5, upscale_method: 'nearest-exact' })
  })

  test('have the values of the inside where a node has none', () => {
    const json = newer()
    json.nodes[1].widgets_values = [7, null]
    delete json.nodes[1].widgets_values_named
    const made = prompt(json)
    expect(made['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.125 })
    expect(made['2:2']!.inputs).toMatchObject({ scale_by: 1.5, upscale_method: 'bicubic' })
  })

  test('have values by name where those by place are not as many as the fields', () => {
    const json = newer()
    json.nodes[1].widgets_values = []
    const byName = prompt(json)
    expect(byName['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.25 })
    expect(byName['2:2']!.inputs).toMatchObject({ scale_by: 2, upscale_method: 'lanczos' })
  })

  test('have in older files a place after a seed for what happens to it', () => {
    const json = newer()
    json.nodes[1].widgets_values = [11, 'randomize', 0.375, 4, 'area']
    delete json.nodes[1].widgets_values_named
    const made = prompt(json)
    expect(made['2:1']!.inputs).toMatchObject({ seed: 11, strength: 0.375 })
    expect(made['2:2']!.inputs).toMatchObject({ scale_by: 4, upscale_method: 'area' })
  })

  test('have values that were changed here by name, of fields that the node does not list too', () => {
    const json = newer()
    json.nodes[1].properties.params = { strength: 0.0625 }
    expect(prompt(json)['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.0625 })
    json.nodes[1].properties.proxyWidgets = [['-1', 'strength']]
    json.nodes[1].widgets_values = [0.25]
    expect(prompt(json)['2:1']!.inputs).toMatchObject({ seed: 1, strength: 0.0625 })
  })

  test('that older files promote by the field that they feed have that entry’s value', () => {
    const json = newer()
    json.nodes[1].properties.proxyWidgets = [
      ['2', 'scale_by'],
      ['1', 'strength'],
    ]
    json.nodes[1].widgets_values = [2.75, 0.875]
    const made = prompt(json)
    expect(made['2:1']!.inputs).toMatchObject({ strength: 0.875 })
    expect(made['2:2']!.inputs).toMatchObject({ scale_by: 2.75 })
  })

  test('of one name are told apart by their type', () => {
    const json = newer()
    const [, { inputs, nodes, links }] = json.definitions.subgraphs
    inputs[1].name = 'image'
    json.nodes[1].inputs[0] = { name: 'image', type: 'IMAGE', link: 1 }
    expect(nodes).toHaveLength(2)
    expect(links).toHaveLength(7)
    const made = prompt(json)
    expect(made['2:1']!.inputs).toMatchObject({ image: ['1', 0], seed: 7, strength: 0.25 })
  })

  test('that are fields further inside count as fields, whatever the file says of them', () => {
    const json = newer()
    for (const { nodes } of json.definitions.subgraphs) {
      for (const node of nodes) for (const input of node.inputs) delete input.widget
    }
    expect(prompt(json)['4:1:1']!.inputs).toMatchObject({ strength: 0.75 })
  })
})

test('what a subgraph gives goes on where the node that is made of it lists no outputs', () => {
  const json = read()
  json.nodes[1].outputs = []
  expect(prompt(json)['23']!.inputs.images).toEqual(['21:6:1', 0])
})
