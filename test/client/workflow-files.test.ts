import { describe, expect, test } from 'vitest'
import { connect, removeLinks } from '../../client/document/connect.ts'
import { GraphDocument } from '../../client/document/document.ts'
import { insertGraph, setParam } from '../../client/document/edits.ts'
import { readGraphPicture, readGraphText } from '../../client/document/read-file.ts'
import { readWorkflow } from '../../client/document/read-workflow.ts'
import { writePrompt, writeWorkflow } from '../../client/document/write-workflow.ts'
import { addPngText } from '../../nodes/pixels/png-text.ts'
import { savedWorkflow, types } from './types.ts'

const roundTrip = (json: unknown) => writeWorkflow(readWorkflow(json, types).graph, types)

describe('a workflow file', () => {
  test('opens with its values by position; a value that is changed is saved by name and by position', () => {
    const document = new GraphDocument()
    const { graph, problems } = readWorkflow(savedWorkflow(), types)
    expect(problems).toEqual([])
    expect(graph.nodes.get('2')?.params).toEqual({ upscale_method: 'nearest-exact', scale_by: 2 })
    document.open(graph)
    document.commit(setParam(graph, '2', 'scale_by', 3))
    const saved = writeWorkflow(document.whole, types) as ReturnType<typeof savedWorkflow>
    const before = savedWorkflow()
    expect(saved.nodes[1]).toEqual({
      ...before.nodes[1],
      properties: { params: { upscale_method: 'nearest-exact', scale_by: 3 } },
      widgets_values: ['nearest-exact', 3],
    })
    expect([saved.nodes[0], saved.nodes[2]]).toEqual([before.nodes[0], before.nodes[2]])
    expect(saved.links).toEqual(before.links)
  })

  test('keeps what the editor does not know', () => {
    const saved = roundTrip(savedWorkflow()) as ReturnType<typeof savedWorkflow>
    expect(saved.extra).toEqual(savedWorkflow().extra)
    expect(saved.groups).toEqual(savedWorkflow().groups)
    expect(saved.nodes[1]).toMatchObject({ color: '#322', title: 'Twice as large', flags: { collapsed: true } })
    expect(saved.nodes[0]?.properties).toMatchObject({ cnr_id: 'comfy-core' })
  })

  test('keeps a node that this host does not have, with its links and values', () => {
    const json = savedWorkflow()
    json.nodes[1]!.type = 'SomebodysUpscaler'
    json.nodes[1]!.widgets_values = { model: 'x4', nested: [1, { a: 2 }] }
    const { graph, problems } = readWorkflow(json, types)
    expect(problems.join()).toContain('SomebodysUpscaler')
    const saved = writeWorkflow(graph, types) as ReturnType<typeof savedWorkflow>
    expect(saved.nodes[1]).toMatchObject({
      type: 'SomebodysUpscaler',
      widgets_values: { model: 'x4', nested: [1, { a: 2 }] },
      inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
    })
    expect(saved.links).toHaveLength(2)
  })

  test('a link that names a wrong place ends where its node says, and values that are named are changed by name too', () => {
    const json = savedWorkflow()
    json.links = [
      [1, 1, 0, 2, 7, 'IMAGE'],
      [2, 2, 0, 3, 0, 'IMAGE'],
    ]
    const document = new GraphDocument()
    const named = { ...json.nodes[1], widgets_values_named: { upscale_method: 'nearest-exact', scale_by: 2 } }
    const { graph, problems } = readWorkflow({ ...json, nodes: [json.nodes[0], named, json.nodes[2]] }, types)
    expect(problems).toEqual([])
    expect(graph.links.get(1)).toMatchObject({ to: '2', input: 'image' })
    document.open(graph)
    document.commit(setParam(graph, '2', 'scale_by', 4))
    const saved = writeWorkflow(document.whole, types) as ReturnType<typeof savedWorkflow>
    expect(saved.nodes[1]).toMatchObject({ widgets_values_named: { upscale_method: 'nearest-exact', scale_by: 4 } })
    expect(saved.links[0]).toEqual([1, 1, 0, 2, 0, 'IMAGE'])
  })

  test('left-overs of links that are nowhere stay, until something there changes', () => {
    const json = savedWorkflow()
    json.nodes[1]!.outputs![0]!.links = [65, 2]
    json.nodes[2]!.inputs.push({ name: 'mask', type: 'MASK', link: 66 })
    expect(roundTrip(json)).toEqual(json)
    const document = new GraphDocument()
    document.open(readWorkflow(json, types).graph)
    document.commit(removeLinks(document.graph, [document.graph.links.get(2)!]))
    const saved = writeWorkflow(document.whole, types) as ReturnType<typeof savedWorkflow>
    expect(saved.nodes[1]!.outputs![0]!.links).toEqual([])
  })

  test('a left-over is no link of the run, whatever link gets its number', () => {
    const json = savedWorkflow()
    json.links = [[1, 1, 0, 2, 0, 'IMAGE']]
    json.nodes[1]!.outputs![0]!.links = []
    json.nodes[2]!.inputs = [
      { name: 'images', type: 'IMAGE', link: null as never },
      { name: 'mask', type: 'MASK', link: 2 },
    ]
    const document = new GraphDocument()
    document.open(readWorkflow(json, types).graph)
    const drawn = connect(document.graph, { from: '2', output: 0, to: '3', input: 'images' }, types)
    if (drawn.ok) document.commit(drawn.changes)
    expect([...document.graph.links.keys()]).toEqual([1, 2])
    expect(writePrompt(document.whole, types)['3']!.inputs).toEqual({ images: ['2', 0], filename_prefix: 'out' })
    const saved = writeWorkflow(document.whole, types) as ReturnType<typeof savedWorkflow>
    expect(saved.nodes[2]).toMatchObject({ inputs: [{ link: 2 }, { link: null }] })
    document.commit(removeLinks(document.graph, [document.graph.links.get(2)!]))
    expect(writeWorkflow(document.whole, types)).toEqual(json)
  })

  test('a left-over that is pasted where a link has its number is no link there', () => {
    const json = savedWorkflow()
    json.nodes = [json.nodes[2]!]
    json.links = []
    const document = new GraphDocument()
    document.open(readWorkflow(savedWorkflow(), types).graph)
    const { changes, ids } = insertGraph(document.graph, readWorkflow(json, types).graph, [0, 0])
    document.commit(changes)
    expect(ids).toEqual(['4'])
    const saved = writeWorkflow(document.whole, types) as ReturnType<typeof savedWorkflow>
    expect(saved.nodes[3]!.inputs).toEqual([{ name: 'images', type: 'IMAGE', link: null }])
  })

  test('saved twice is the same', () => {
    const once = roundTrip(savedWorkflow())
    expect(roundTrip(once)).toEqual(once)
  })

  test('becomes the prompt that the host runs', () => {
    expect(writePrompt(readWorkflow(savedWorkflow(), types).graph, types)).toMatchObject({
      '1': { class_type: 'LoadImage', inputs: { image: 'b.png' } },
      '2': { class_type: 'ImageScaleBy', inputs: { image: ['1', 0], upscale_method: 'nearest-exact', scale_by: 2 } },
      '3': { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'out' } },
    })
  })

  test('has its names of files filled in, with the time that it is made at', () => {
    const json = savedWorkflow()
    json.nodes[2]!.widgets_values = ['%date:yyyy-MM-dd hhmmss%/%Twice as large.scale_by%_%LoadImage.image%']
    const { graph } = readWorkflow(json, types)
    const { '3': save } = writePrompt(graph, types, new Date(2026, 0, 2, 3, 4, 5))
    expect(save?.inputs.filename_prefix).toBe('2026-01-02 030405/2_b.png')
    expect(writeWorkflow(graph, types)).toEqual(json)
  })

  test('a parameter that another node feeds keeps its link', () => {
    const json = savedWorkflow()
    json.nodes[0]!.type = 'GiveNumber'
    json.nodes[0]!.outputs = [{ name: 'FLOAT', type: 'FLOAT', links: [1], slot_index: 0 }]
    json.nodes[1]!.inputs = [{ name: 'scale_by', type: 'FLOAT', link: 1 }]
    const { graph } = readWorkflow(json, types)
    expect([...graph.links.values()][0]).toMatchObject({ from: '1', to: '2', input: 'scale_by' })
    expect(writePrompt(graph, types)['2']?.inputs.scale_by).toEqual(['1', 0])
  })
})

describe('a graph in the API format', () => {
  test('opens with its nodes left to right', () => {
    const prompt = writePrompt(readWorkflow(savedWorkflow(), types).graph, types)
    const { graph, problems } = readGraphText(JSON.stringify(prompt), types)
    expect(problems).toEqual([])
    const [load, scale, save] = ['1', '2', '3'].map((id) => graph.nodes.get(id)?.position[0] ?? Number.NaN)
    expect(load).toBeLessThan(scale ?? 0)
    expect(scale).toBeLessThan(save ?? 0)
    expect(writePrompt(graph, types)).toEqual(prompt)
    const [first] = (writeWorkflow(graph, types) as ReturnType<typeof savedWorkflow>).nodes
    expect(first).toMatchObject({ widgets_values: ['b.png', 'image'], outputs: [{ links: [1] }, { links: [] }] })
  })
})

describe('a hostile file', () => {
  test.each([
    ['a prototype as a key', '{"nodes":[{"id":1,"type":"LoadImage","__proto__":{"polluted":"yes"}}]}'],
    ['a constructor as a key', '{"nodes":[{"id":1,"type":"LoadImage","constructor":{"title":"x"}}]}'],
    ['endless nesting', `{"nodes":[],"extra":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['no graph', '{"hello":1}'],
    ['no JSON', '{"nodes":'],
  ])('%s is refused', (_, text) => {
    expect(() => readGraphText(text, types)).toThrow(/workflow|file|graph/i)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('links into nothing and in a circle are left out, those of the wrong type are kept, and all of it is told', () => {
    const json = savedWorkflow()
    json.nodes[1]!.inputs = [{ name: 'image', type: 'IMAGE', link: 3 }]
    json.links = [
      [1, 1, 1, 3, 0, 'IMAGE'],
      [2, 2, 7, 3, 0, 'IMAGE'],
      [3, 2, 0, 2, 0, 'IMAGE'],
      [4_294_967_294, 1, 0, 99, 0, 'IMAGE'],
    ]
    const { graph, problems } = readWorkflow(json, types)
    expect([...graph.links.keys()]).toEqual([1])
    expect(problems).toHaveLength(4)
    expect(problems.join()).toContain('of Save Image takes IMAGE, but ‘MASK’ of Load Image gives MASK')
  })

  test('of two nodes with one id the second gets another, and links mean the first', () => {
    const json = savedWorkflow()
    const note = { id: 1, type: 'Note', widgets_values: ['kept'] }
    const { graph, problems } = readWorkflow({ ...json, nodes: [...json.nodes, note] }, types)
    expect(graph.nodes.get('4')).toMatchObject({ type: 'Note', params: { text: 'kept' } })
    expect(problems).toEqual(['Two nodes had the id 1. One of them is now 4.'])
    const written = writeWorkflow(graph, types) as typeof json
    expect(written.nodes.map(({ id }) => id)).toEqual([1, 2, 3, 4])
    expect(writePrompt(graph, types)).toEqual(writePrompt(readWorkflow(json, types).graph, types))
  })

  test('a chain of 5000 nodes opens in a moment', () => {
    const count = 5000
    const nodes = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      type: 'ImageScaleBy',
      inputs: [{ name: 'image', type: 'IMAGE', link: i }],
    }))
    const links = Array.from({ length: count - 1 }, (_, i) => [i + 1, i + 1, 0, i + 2, 0, 'IMAGE'])
    const start = process.cpuUsage()
    expect(readWorkflow({ nodes, links }, types).graph.links.size).toBe(count - 1)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
  })
})

describe('a picture', () => {
  const picture = (texts: Readonly<Record<string, string>>) =>
    addPngText(Buffer.from('89504e470d0a1a0a0000000049484452000000000000000049454e4400000000', 'hex'), texts)
  const prompt = '{"1":{"class_type":"LoadImage","inputs":{"image":"a.png"},"is_changed":[NaN]}}'
  const nodesOf = (texts: Readonly<Record<string, string>>) => {
    const carried = readGraphPicture(picture(texts), types)
    return carried !== undefined && 'read' in carried ? carried.read.graph.nodes.size : carried
  }

  test('opens the workflow that it carries, else what was run, with numbers that only Python writes', () => {
    expect(nodesOf({ prompt, workflow: JSON.stringify(savedWorkflow()) })).toBe(3)
    expect(nodesOf({ prompt, workflow: '{"nodes": [' })).toBe(1)
    expect(nodesOf({ prompt, workflow: 'null' })).toBe(1)
    expect(nodesOf({ prompt })).toBe(1)
  })

  test('whose graph cannot be read says why, and one without any says nothing', () => {
    expect(nodesOf({ workflow: '{"nodes": [', prompt: '{}}' })).toEqual({ reason: expect.stringContaining('not JSON') })
    expect(nodesOf({ title: 'a cat' })).toBeUndefined()
  })
})
