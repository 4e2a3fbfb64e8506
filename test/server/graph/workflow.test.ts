import { describe, expect, test } from 'vitest'
import { applySettings } from '../../../server/graph/settings.ts'
import { parseWorkflow } from '../../../server/graph/workflow.ts'
import { readGraph, workflowToPrompt } from '../../../server/graph/workflow-to-prompt.ts'
import { catalogue, smallPrompt } from './sample-catalogue.ts'

/** LoadImage (1) → ImageInvert (2) → SaveImage (3), as ComfyUI saves it. */
function file() {
  return {
    version: 0.4,
    last_node_id: 3,
    last_link_id: 2,
    nodes: [
      {
        id: 1,
        type: 'LoadImage',
        pos: [10, 20] as unknown,
        size: { '0': 210, '1': 58 } as unknown,
        mode: 0,
        inputs: [] as object[],
        outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [1] }] as object[],
        properties: {} as object,
        widgets_values: ['photo.jpg', 'image'] as unknown,
      },
      {
        id: 2,
        type: 'ImageInvert',
        pos: { '0': 300, '1': 20 },
        size: [210, 58],
        mode: 0,
        inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
        outputs: [{ name: 'IMAGE', type: 'IMAGE', links: [2] }],
        properties: {},
      },
      {
        id: 3,
        type: 'SaveImage',
        pos: [600, 20],
        size: [210, 58],
        mode: 0,
        inputs: [{ name: 'images', type: 'IMAGE', link: 2 }],
        outputs: [],
        properties: {},
        widgets_values: ['restored'],
      },
    ],
    links: [
      [1, 1, 0, 2, 0, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ] as unknown[],
    groups: [],
    extra: { ds: { scale: 1, offset: [0, 0] } },
  }
}

const IMAGE = { name: 'IMAGE', type: 'IMAGE' }
const socket = (link: number) => ({ name: 'images', type: 'IMAGE', link })

const toPrompt = (json: unknown) => workflowToPrompt(parseWorkflow(json), catalogue)

describe('a workflow file becomes a prompt', () => {
  test('widgets go by position, links by name', () => {
    expect(toPrompt(file())).toMatchObject({
      '1': { class_type: 'LoadImage', inputs: { image: 'photo.jpg' } },
      '2': { inputs: { image: ['1', 0] } },
      '3': { inputs: { images: ['2', 0], filename_prefix: 'restored' } },
    })
  })

  test('parameters by name win over positions', () => {
    const json = file()
    json.nodes[0]!.properties = { params: { image: 'other.jpg' } }
    expect(toPrompt(json)['1']?.inputs.image).toBe('other.jpg')
  })

  test('a bypassed node hands its input on', () => {
    const json = file()
    json.nodes[1]!.mode = 4
    expect(toPrompt(json)).toMatchObject({ '3': { inputs: { images: ['1', 0] } } })
    expect(toPrompt(json)['2']).toBeUndefined()
  })

  test('a muted node leaves its users without an input', () => {
    const json = file()
    json.nodes[1]!.mode = 2
    expect(toPrompt(json)['3']?.inputs).toEqual({ filename_prefix: 'restored' })
  })

  test('a reroute is followed to its source', () => {
    const json = file()
    json.nodes[1]!.type = 'Reroute'
    expect(toPrompt(json)['3']?.inputs.images).toEqual(['1', 0])
  })

  test('a link may go by a name, to the outermost level too', () => {
    const json = file()
    const [load, , save] = json.nodes
    const set = (id: number, name: string, link: number) => ({
      ...json.nodes[1]!,
      id,
      type: 'SetNode',
      inputs: [{ name: 'IMAGE', type: 'IMAGE', link }],
      widgets_values: [name],
    })
    const get = (id: number, name: string) => ({
      ...json.nodes[1]!,
      id,
      type: 'GetNode',
      inputs: [],
      widgets_values: [name],
    })
    const image = (id: number, from: number, to: number) => [id, from, 0, to, 0, 'IMAGE']
    const named = {
      ...json,
      nodes: [load, set(4, 'photo', 1), get(5, 'photo'), save],
      links: [image(1, 1, 4), image(2, 5, 3)],
    }
    expect(toPrompt(named)).toMatchObject({ '3': { inputs: { images: ['1', 0] } } })
    expect(Object.keys(toPrompt(named))).toEqual(['1', '3'])

    const inside = { id: 'inside', name: 'inside', nodes: [get(5, 'photo'), save], links: [image(2, 5, 3)] }
    const outside = {
      ...json,
      nodes: [load, set(4, 'photo', 1), { ...get(9, ''), type: 'inside' }],
      links: [image(1, 1, 4)],
      definitions: { subgraphs: [inside] },
    }
    expect(toPrompt(outside)).toMatchObject({ '9:3': { inputs: { images: ['1', 0] } } })
    const nameless = { ...named, nodes: [load, set(4, 'other', 1), get(5, 'photo'), save] }
    expect(toPrompt(nameless)['3']?.inputs).toEqual({ filename_prefix: 'restored' })
  })

  test('links written as objects are the same links', () => {
    const json = file()
    json.links = [
      { id: 1, origin_id: 1, origin_slot: 0, target_id: 2, target_slot: 0, type: 'IMAGE' },
      { id: 2, origin_id: 2, origin_slot: 0, target_id: 3, target_slot: 0, type: 'IMAGE' },
    ]
    expect(toPrompt(json)).toEqual(toPrompt(file()))
  })

  test('a link feeds the node that it leads to, whatever other input still has its number', () => {
    const json = file()
    json.nodes[1]!.inputs.push({ name: 'mask', type: 'MASK', link: 2 })
    expect(toPrompt(json)['2']?.inputs).toEqual({ image: ['1', 0] })
    expect(toPrompt(json)['3']?.inputs.images).toEqual(['2', 0])
  })

  test('a circle of reroutes is an error, not a hang', () => {
    const json = file()
    json.nodes[1]!.type = 'Reroute'
    json.nodes[1]!.inputs = [{ name: '', type: '*', link: 3 }]
    json.links.push([3, 2, 0, 2, 0, '*'])
    expect(() => toPrompt(json)).toThrow(/circle/)
  })

  test.each([
    ['reroutes', { type: 'Reroute' }],
    ['bypassed nodes', { type: 'ImageInvert', mode: 4 }],
  ])('a chain of %s is followed once, however many nodes it feeds', (_name, link) => {
    let reads = 0
    const chain = Array.from({ length: 300 }, (_, i) => ({ id: i + 1, ...link, inputs: [socket(i)], outputs: [IMAGE] }))
    const users = Array.from({ length: 300 }, (_, i) => ({
      id: i + 1001,
      type: 'SaveImage',
      inputs: [socket(300 + i)],
    }))
    const parsed = parseWorkflow({
      nodes: [{ id: 0, type: 'LoadImage', outputs: [IMAGE] }, ...chain, ...users],
      links: [...chain, ...users].map(({ id }, i) => [i, Math.min(i, 300), 0, id, 0, 'IMAGE']),
    })
    const nodes = parsed.nodes.map((node) => ({
      ...node,
      get inputs() {
        reads++
        return node.inputs
      },
    }))
    const prompt = workflowToPrompt({ ...parsed, nodes }, catalogue)
    expect(Object.values(prompt).map(({ inputs }) => inputs.images ?? 'none')).toEqual([
      'none',
      ...users.map(() => ['0', 0]),
    ])
    expect(reads).toBeLessThan(10 * nodes.length)
  })

  test('either format is taken', () => {
    expect(readGraph(smallPrompt(), catalogue)).toEqual(smallPrompt())
    expect(readGraph(file(), catalogue)).toEqual(toPrompt(file()))
  })
})

describe('a hostile or broken file is refused with the place', () => {
  const nested = () => {
    let value: unknown = 1
    for (let i = 0; i < 5000; i++) value = [value]
    return value
  }
  test.each<[string, unknown, RegExp]>([
    ['text', 'hello', /file/],
    ['nodes that are no list', { nodes: {} }, /nodes/],
    ['a node without a type', { nodes: [{ id: 1 }] }, /nodes\.0\.type/],
    ['a prototype key', JSON.parse('{"nodes":[{"id":1,"type":"A","__proto__":{"polluted":1}}]}'), /__proto__/],
    ['a constructor key', { nodes: [{ id: 1, type: 'A', properties: { constructor: {} } }] }, /constructor/],
    ['endless nesting', { nodes: [], extra: nested() }, /nested/],
    ['a position of text', { nodes: [{ id: 1, type: 'A', pos: ['a', 'b'] }] }, /nodes\.0\.pos/],
    ['too many links', { nodes: [], links: new Array(100_001).fill([1, 1, 0, 1, 0, 'X']) }, /links/],
  ])('%s', (_name, json, place) => {
    expect(() => parseWorkflow(json)).toThrow(place)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('settings override parameters', () => {
  test('by id, by title and by class', () => {
    const prompt = { ...smallPrompt(), '2': { ...smallPrompt()['2'], _meta: { title: 'Bigger' } } }
    expect(applySettings(prompt, ['1.image=a.b.jpg'], catalogue)['1']?.inputs.image).toBe('a.b.jpg')
    expect(applySettings(prompt, ['Bigger.scale_by=4'], catalogue)['2']?.inputs.scale_by).toBe('4')
    expect(applySettings(prompt, ['SaveImage.filename_prefix=a=b'], catalogue)['3']?.inputs.filename_prefix).toBe('a=b')
  })

  test('by the name of a parameter alone, where one node of the graph has it', () => {
    const prompt = { ...smallPrompt(), '4': smallPrompt()['2'], '5': { class_type: 'FromElsewhere', inputs: { x: 1 } } }
    expect(applySettings(prompt, ['image=a.b.jpg'], catalogue)['1']?.inputs.image).toBe('a.b.jpg')
    const refused = (message: string, remedy: string) => expect.objectContaining({ message, remedy })
    expect(() => applySettings(prompt, ['scale_by=4'], catalogue)).toThrow(
      refused(
        "2 nodes of the graph have a parameter 'scale_by'.",
        'Name one: 2.scale_by (ImageScaleBy), 4.scale_by (ImageScaleBy).',
      ),
    )
    expect(() => applySettings(prompt, ['x=2'], catalogue)).toThrow(
      refused(
        "No node of the graph has a parameter 'x'.",
        'Write node.parameter=value, or name one of: image, filename_prefix.',
      ),
    )
  })

  test('what is no node is left for validation', () => {
    const broken = JSON.parse('{"1": null, "2": {"class_type": "ImageInvert"}}')
    expect(applySettings(broken, ['ImageInvert.x=1'], new Map())).toMatchObject({
      '1': null,
      '2': { inputs: { x: '1' } },
    })
    expect(() => applySettings(broken, ['1.x=1'], catalogue)).toThrow(/no node/)
  })

  test('a parameter that its node does not have is refused, with those that it has', () => {
    const prompt = { ...smallPrompt(), '9': { class_type: 'FromElsewhere', inputs: {} } }
    for (const name of ['scale_yb', '__proto__', 'constructor']) {
      expect(() => applySettings(prompt, [`ImageScaleBy.${name}=2`], catalogue)).toThrow(
        expect.objectContaining({ code: 'workflow_invalid', remedy: 'Name one of: upscale_method, scale_by, image.' }),
      )
    }
    expect(applySettings(prompt, ['FromElsewhere.x=1'], catalogue)['9']?.inputs.x).toBe('1')
    const stranger = { '1': { class_type: 'ImageInvert', inputs: { kept: 1 } } }
    expect(applySettings(stranger, ['1.kept=2'], catalogue)['1']?.inputs.kept).toBe('2')
  })

  test('a name that no node or two nodes have is refused', () => {
    const prompt = { ...smallPrompt(), '4': smallPrompt()['3'] }
    expect(() => applySettings(prompt, ['Nope.x=1'], catalogue)).toThrow(/no node/)
    expect(() => applySettings(prompt, ['SaveImage.filename_prefix=1'], catalogue)).toThrow(/2 nodes/)
    for (const nonsense of ['nonsense', '=1', '.image=1', 'LoadImage.=1']) {
      expect(() => applySettings(prompt, [nonsense], catalogue)).toThrow(/node\.parameter=value/)
    }
  })
})
