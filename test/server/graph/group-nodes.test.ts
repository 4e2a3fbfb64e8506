import { describe, expect, test } from 'vitest'
import { openGroupNodes } from '../../../server/graph/group-nodes.ts'
import { readGraph } from '../../../server/graph/workflow-to-prompt.ts'
import { allTypes } from '../../client/types.ts'

const IMAGE = { name: 'IMAGE', type: 'IMAGE', links: null }
const slot = (name: string, type = 'IMAGE') => ({ name, type, link: null })
const widget = (name: string, type: string) => ({ ...slot(name, type), widget: { name } })
/** A node of a group, as ComfyUI copies it there. */
const inner = (type: string, inputs: object[], widgets_values: unknown[], more: object = {}) => ({
  id: -1,
  type,
  pos: [0, 0],
  size: [200, 80],
  flags: {},
  mode: 0,
  inputs,
  outputs: type.startsWith('Save') ? [] : [IMAGE],
  properties: { 'Node name for S&R': type },
  widgets_values,
  ...more,
})
const load = { id: 1, type: 'LoadImage', outputs: [IMAGE], widgets_values: ['a.png', 'image'] }
const save = (id: number, link: number) => ({
  id,
  type: 'SaveImage',
  inputs: [{ name: 'images', type: 'IMAGE', link }],
  widgets_values: [`out${id}`],
})
/** LoadImage (1) → group node (2) → SaveImage (3). */
const file = (group: object, values: unknown[], more: object = {}) => ({
  nodes: [
    load,
    {
      id: 2,
      type: 'workflow>work',
      pos: [300, 0],
      size: [200, 200],
      mode: 0,
      inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
      outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [2] }],
      properties: { 'Node name for S&R': 'workflow>work' },
      widgets_values: values,
      ...more,
    },
    save(3, 2),
  ],
  links: [
    [1, 1, 0, 2, 0, 'IMAGE'],
    [2, 2, 0, 3, 0, 'IMAGE'],
  ],
  extra: { groupNodes: { work: group } },
  version: 0.4,
})
const noise = inner('ImageAddNoise', [slot('image')], [1, 'randomize', 0.5])
const scale = inner('ImageScaleBy', [slot('image')], ['bicubic', 1])
const link = (from: number | null, to: number, input = 0) => [from, 0, to, input, 77, 'IMAGE']
const run = (json: unknown) => readGraph(json, allTypes)

describe('a group node of an older ComfyUI', () => {
  const group = { nodes: [noise, scale], links: [link(null, 0), link(0, 1)], external: [[1, 0, 'IMAGE']] }

  test('runs as what it stands for, with its own values and the ids that ComfyUI gives', () => {
    const made = run(file(group, [42, 'fixed', 0.25, 'lanczos', 2]))
    expect(Object.keys(made).sort()).toEqual(['1', '2:0', '2:1', '3'])
    expect(made['2:0']!.inputs).toEqual({ image: ['1', 0], seed: 42, strength: 0.25 })
    expect(made['2:1']!.inputs).toEqual({ image: ['2:0', 0], upscale_method: 'lanczos', scale_by: 2 })
    expect(made['3']!.inputs.images).toEqual(['2:1', 0])
  })

  test('may have the separator of the first versions, and be muted or bypassed', () => {
    const values = [42, 'fixed', 0.25, 'lanczos', 2]
    expect(run(file(group, values, { type: 'workflow/work' }))['2:0']!.inputs.seed).toBe(42)
    expect(run(file(group, values, { mode: 4 }))['3']!.inputs.images).toEqual(['1', 0])
    expect(run(file(group, values, { mode: 2 }))['3']!.inputs.images).toBeUndefined()
  })

  test('calls an input that comes twice by the node, or as its group says, and leaves out what is hidden', () => {
    const two = {
      nodes: [scale, { ...scale, title: 'Again' }, { ...scale, title: 'Again' }, scale],
      links: [link(0, 3)],
      external: [0, 1, 2, 3].map((i) => [i, 0, 'IMAGE']),
      config: { 1: { input: { scale_by: { name: 'times' } } }, 2: { input: { image: { visible: false } } } },
    }
    const values = ['lanczos', 2, 'area', 3, 'bicubic', 4, 'bicubic', 5]
    const json = file(two, values, {
      inputs: [
        { name: 'Again image', type: 'IMAGE', link: 1 },
        { name: 'image', type: 'IMAGE', link: null },
      ],
    })
    const made = run(json)
    expect(made['2:1']!.inputs).toEqual({ image: ['1', 0], upscale_method: 'area', scale_by: 3 })
    expect(made['2:0']!.inputs).toEqual({ upscale_method: 'lanczos', scale_by: 2 })
    expect(made['2:2']!.inputs).toEqual({ upscale_method: 'bicubic', scale_by: 4 })
    expect(made['2:3']!.inputs).toEqual({ image: ['2:0', 0], upscale_method: 'bicubic', scale_by: 5 })
    const { definitions } = openGroupNodes(json, allTypes).json as {
      definitions: { subgraphs: { inputs: { name: string }[] }[] }
    }
    expect(definitions.subgraphs[0]!.inputs.map(({ name }) => name)).toEqual([
      'upscale_method',
      'scale_by',
      'image',
      'Again upscale_method',
      'times',
      'Again image',
      'Again 2 upscale_method',
      'Again scale_by',
      'ImageScaleBy upscale_method',
      'ImageScaleBy scale_by',
    ])
  })

  test('has fields that had become sockets last, in its values as among its inputs', () => {
    const converted = inner('ImageScaleBy', [slot('image'), widget('scale_by', 'FLOAT')], ['bicubic', 1])
    const made = run(
      file({ nodes: [converted, noise], links: [link(0, 1)], external: [] }, ['area', 7, 'fixed', 0.5, 3], {
        outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [2] }],
      }),
    )
    expect(made['2:0']!.inputs).toEqual({ image: ['1', 0], upscale_method: 'area', scale_by: 3 })
    expect(made['2:1']!.inputs).toMatchObject({ seed: 7, strength: 0.5 })
    expect(made['3']!.inputs.images).toEqual(['2:1', 0])
  })

  test('takes links into its fields', () => {
    const json = file(group, [42, 'fixed', 0.25, 'lanczos', 2], {
      inputs: [
        { name: 'image', type: 'IMAGE', link: 1 },
        { name: 'scale_by', type: 'FLOAT', widget: { name: 'scale_by' }, link: 3 },
      ],
    })
    json.nodes.push({
      id: 4,
      type: 'PrimitiveNode',
      outputs: [{ ...IMAGE, type: 'FLOAT' }],
      widgets_values: [4],
    } as never)
    json.links.push([3, 4, 0, 2, 1, 'FLOAT'])
    expect(run(json)['2:1']!.inputs).toMatchObject({ upscale_method: 'lanczos', scale_by: 4 })
  })

  test('has one field for a primitive in it, and hands on through its reroutes', () => {
    const converted = inner('ImageAddNoise', [slot('image'), widget('seed', 'INT')], [1, 'fixed', 0.5])
    const primitive = inner('PrimitiveNode', [], [9, 'fixed'], { outputs: [{ ...IMAGE, type: 'INT' }] })
    const reroute = inner('Reroute', [slot('', '*')], [])
    const made = run(
      file(
        {
          nodes: [primitive, reroute, converted, converted],
          links: [
            [0, 0, 2, 1, 5, 'INT'],
            [0, 0, 3, 1, 5, 'INT'],
            [1, 0, 2, 0, 5, 'IMAGE'],
            [2, 0, 3, 0, 5, 'IMAGE'],
          ],
          external: [],
        },
        [11, 'increment', 0.25, 0.75],
        { inputs: [{ name: 'IMAGE', type: 'IMAGE', link: 1 }] },
      ),
    )
    expect(made['2:2']!.inputs).toEqual({ image: ['1', 0], seed: 11, strength: 0.25 })
    expect(made['2:3']!.inputs).toEqual({ image: ['2:2', 0], seed: 11, strength: 0.75 })
    expect(Object.keys(made).sort()).toEqual(['1', '2:2', '2:3', '3'])
  })

  test('has a place for the button of a picture, and may save by itself', () => {
    const whole = {
      nodes: [inner('LoadImage', [], ['a.png', 'image']), scale, inner('SaveImage', [slot('images')], ['x'])],
      links: [link(0, 1), link(1, 2)],
      external: [],
    }
    const json = {
      nodes: [
        { id: 5, type: 'workflow>whole', inputs: [], outputs: [], widgets_values: ['b.png', 'image', 'area', 2, 'y'] },
      ],
      links: [],
      extra: { groupNodes: { whole } },
    }
    expect(run(json)).toMatchObject({
      '5:0': { inputs: { image: 'b.png' } },
      '5:1': { inputs: { image: ['5:0', 0], upscale_method: 'area', scale_by: 2 } },
      '5:2': { inputs: { images: ['5:1', 0], filename_prefix: 'y' } },
    })
  })

  test('may hold another one, and be held by a subgraph', () => {
    const outer = {
      nodes: [inner('workflow>work', [slot('image')], [1, 'fixed', 0.5, 'bicubic', 1]), scale],
      links: [link(0, 1)],
      external: [],
    }
    const json = file(outer, [7, 'randomize', 0.125, 'area', 3, 'lanczos', 2], { type: 'workflow>outer' })
    const groups = { extra: { groupNodes: { outer, work: group } } }
    expect(run({ ...json, ...groups })).toMatchObject({
      '2:0:0': { inputs: { image: ['1', 0], seed: 7, strength: 0.125 } },
      '2:0:1': { inputs: { image: ['2:0:0', 0], upscale_method: 'area', scale_by: 3 } },
      '2:1': { inputs: { image: ['2:0:1', 0], upscale_method: 'lanczos', scale_by: 2 } },
      '3': { inputs: { images: ['2:1', 0] } },
    })
    const subgraph = { id: 'sub', inputs: [], nodes: json.nodes, links: json.links }
    const held = { nodes: [{ id: 9, type: 'sub' }], links: [], definitions: { subgraphs: [subgraph] }, ...groups }
    expect(run(held)['9:2:0:0']!.inputs).toEqual({ image: ['9:1', 0], seed: 7, strength: 0.125 })
  })

  test('becomes one subgraph with its like, and what nobody uses stays as it is', () => {
    const json = file(group, [42, 'fixed', 0.25, 'lanczos', 2])
    const twice = { ...json, nodes: [...json.nodes, { ...json.nodes[1]!, id: 4 }] }
    const unused = { ...twice, extra: { ds: { scale: 1 }, groupNodes: { work: group, unused: { nodes: [] } } } }
    const { json: opened, opened: names } = openGroupNodes(unused, allTypes)
    const { definitions, extra, nodes } = opened as {
      definitions: { subgraphs: { id: string; name: string }[] }
      extra: object
      nodes: { type: string; widgets_values: unknown[] }[]
    }
    expect(names).toEqual(['work'])
    expect(definitions.subgraphs).toHaveLength(1)
    const [{ id, name }] = definitions.subgraphs as [{ id: string; name: string }]
    expect(name).toBe('work')
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(nodes.filter(({ type }) => type === id)).toHaveLength(2)
    expect(nodes[1]!.widgets_values).toEqual([42, 0.25, 'lanczos', 2])
    expect(extra).toEqual({ ds: { scale: 1 }, groupNodes: { unused: { nodes: [] } } })
    expect(openGroupNodes(load, allTypes).json).toBe(load)
  })

  test('stays as it is where only one holds it that cannot be opened', () => {
    const use = (name: string) => inner(`workflow>${name}`, [slot('image')], [1, 'fixed', 0.5, 'bicubic', 1])
    const groupNodes = { work: group, outer: { nodes: [use('work'), inner('FromElsewhere', [], [])], links: [] } }
    const json = { nodes: [use('outer')], extra: { groupNodes } }
    const { json: same, opened, closed } = openGroupNodes(json, allTypes)
    expect(same).toBe(json)
    expect([opened, [...closed.keys()]]).toEqual([[], ['outer']])
    const used = openGroupNodes({ ...json, nodes: [use('outer'), use('work')] }, allTypes)
    expect([used.opened, [...used.closed.keys()]]).toEqual([['work'], ['outer']])
  })
})

describe('a group node that cannot be opened is refused with the reason', () => {
  test.each<[string, object, RegExp]>([
    ['that the file has not', {}, /does not say what the group node 'work' holds/],
    [
      'with a node that is not there',
      { work: { nodes: [inner('FromElsewhere', [], [])], links: [] } },
      /'FromElsewhere'/,
    ],
    ['that holds itself', { work: { nodes: [inner('workflow>work', [], [])], links: [] } }, /'work' holds itself/],
    ['with nodes that are none', { work: { nodes: [7], links: [] } }, /'work' holds what cannot be read.*nodes\.0/],
    [
      'with a primitive for nodes outside',
      {
        work: {
          nodes: [inner('PrimitiveNode', [], [1]), inner('ImageScaleBy', [widget('scale_by', 'FLOAT')], ['area', 1])],
          links: [[0, 0, 1, 0, 1, 'FLOAT']],
          external: [[0, 0, 'FLOAT']],
        },
      },
      /a primitive that feeds nodes outside/,
    ],
  ])('%s', (_, groupNodes, reason) => {
    const json = { ...file({}, []), extra: { groupNodes } }
    expect(() => run(json)).toThrow(expect.objectContaining({ code: 'workflow_invalid' }))
    expect(() => run(json)).toThrow(reason)
  })

  test('and what to do is said, unless it does not run', () => {
    const json = file({}, [])
    const closed = { ...json, extra: {} }
    expect(() => run(closed)).toThrow(
      expect.objectContaining({ remedy: expect.stringMatching(/in ComfyUI and convert the group node to a subgraph/) }),
    )
    const muted = { ...closed, nodes: closed.nodes.map((node) => ({ ...node, mode: 2 })) }
    expect(run(muted)).toEqual({})
  })

  test('of many nodes, links and like it, as fast as others', () => {
    const many = Array.from({ length: 3000 }, (_, i) =>
      i % 2 === 0 ? inner('ImageInvert', [slot('image')], []) : scale,
    )
    const links = many.map((_, i) => link(i - 1, i))
    const json = file({ nodes: many, links, external: [] }, [])
    const start = process.cpuUsage()
    expect(() => run(json)).toThrow(/more than 2000 fields and inputs/)
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5)
  })
})
